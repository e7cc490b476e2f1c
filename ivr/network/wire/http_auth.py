"""The Authorization header that answers a 401: Basic, or Digest with MD5. (RFC 7617, RFC 7616)"""

import base64
import hashlib
import re

_FIELD = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def authorization(challenge: str, method: str, target: str, credentials: str, cnonce: str) -> str:
    """Give the header for `challenge`, the WWW-Authenticate that came, or nothing when it asks for something else.

    `target` is path and query, `credentials` is `user:password`, `cnonce` any text that was not used before.
    """
    scheme, _, rest = challenge.strip().partition(" ")
    if scheme.lower() == "basic":
        return "Basic " + base64.b64encode(credentials.encode()).decode()
    if scheme.lower() != "digest":
        return ""
    wanted = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}
    if wanted.get("algorithm", "MD5").upper() != "MD5" or "nonce" not in wanted:
        return ""
    user, _, password = credentials.partition(":")
    secret = _md5(f"{user}:{wanted.get('realm', '')}:{password}")
    request = _md5(f"{method}:{target}")
    fields = {
        "username": user,
        "realm": wanted.get("realm", ""),
        "nonce": wanted["nonce"],
        "uri": target,
    }
    if "auth" in [word.strip() for word in wanted.get("qop", "").split(",")]:
        fields["response"] = _md5(f"{secret}:{wanted['nonce']}:00000001:{cnonce}:auth:{request}")
        fields["cnonce"] = cnonce
        plain = ", qop=auth, nc=00000001"
    else:
        fields["response"] = _md5(f"{secret}:{wanted['nonce']}:{request}")
        plain = ""
    if "opaque" in wanted:
        fields["opaque"] = wanted["opaque"]
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + plain


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
