"""What a browser is told with each file of a page: to load only what is named, to guess no type, to tell nobody."""


def confined(policy: str) -> dict[str, str]:
    """The header fields of a file whose Content-Security-Policy is this."""
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
