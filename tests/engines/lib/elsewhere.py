NAME = "from elsewhere"
