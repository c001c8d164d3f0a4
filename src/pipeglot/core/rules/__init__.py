"""The rules of the language, by what they look at; `pipeglot.core.check` applies them."""
