def plain_io(fn):
    """Let `fn` take and give plain JSON, checked by its annotations."""
    import traceback
    from types import UnionType
    from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

    records = {}

    def exact(digits):
        if abs(int(digits)) > 2**53:
            raise ValueError(f"{digits} is beyond the 2**53 that JSON readers keep")
        return int(digits)

    def checked(value, hint):
        kind, inside = get_origin(hint) or hint or type(None), get_args(hint)
        if kind is Any:
            return value
        if kind in (Union, UnionType):
            for each in sorted(inside, key=lambda each: type(value) is not each):
                try:
                    return checked(value, each)
                except TypeError:
                    continue
        elif kind is Literal:
            if value in inside:
                return inside[inside.index(value)]
        elif hasattr(kind, "__required_keys__"):
            fields = records[kind] = records.get(kind) or get_type_hints(kind)
            if isinstance(value, dict) and fields.keys() <= value.keys():
                return {name: checked(value[name], field) for name, field in fields.items()}
        elif kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        elif isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
            if kind is list and inside and not {type(each) for each in value} <= {*inside}:
                return [checked(each, *inside) for each in value]
            if kind is dict and inside:
                return {checked(key, str): checked(each, inside[1]) for key, each in value.items()}
            return value
        raise TypeError(f"{value!r} is not {hint}")

    def call(**given):
        hints = get_type_hints(fn)
        try:
            built = {name: checked(value, hints.get(name, Any)) for name, value in given.items()}
            result = checked(fn(**built), hints["return"])
            text = json.dumps(result, allow_nan=False, ensure_ascii=False)
            return json.loads(text.encode(), parse_int=exact)
        except Exception as error:
            try:
                f"{error}{traceback.format_exc()}".encode()
            except Exception:  # KFP could not keep that
                told = ", ".join(map(ascii, error.args))
                raise type(type(error).__name__, (Exception,), {})(told) from None
            raise

    return call