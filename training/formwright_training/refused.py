"""The root of every refusal: something given does not fit, the message says what, and nothing was changed."""


class Refused(Exception):
    """Shown as its message, without a traceback."""
