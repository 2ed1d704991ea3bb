"""Identities whose key stays on a token: a smart card, a security key, a hardware module.

They are reached through PKCS#11 (OASIS, version 2.40), the interface that the makers' libraries
have in common.  Those count wrong PINs and lock the token in the end, so a PIN that was refused is
not tried again by this process, nor any PIN when one try is left.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from engine.errors import InvalidInput
from engine.trust.certificates import checked_chain, pem
from engine.trust.files import content_of
from engine.trust.identity import Identity, from_callback
from engine.trust.keys import PSS_SALT, PublicKey, public_key, what_is_signed
from engine.trust.token_settings import TokenSettings, read_token_settings, token_pin

Answer = TypeVar("Answer")

# The libraries are started without locks of their own.
_ONE_AT_A_TIME: Final = RLock()

# What they answer when the token, or all that was known of it, went away meanwhile.
_GONE: Final = (
    "DeviceRemoved", "TokenNotPresent", "SessionHandleInvalid", "SessionClosed",
    "ObjectHandleInvalid", "KeyHandleInvalid", "SlotIDInvalid", "UserNotLoggedIn",
)  # fmt: skip

# How a refused log-in reads, by the name of the answer; else it is told by that name.
_REFUSALS: Final = {
    "PinIncorrect": "refuses the PIN",
    "PinInvalid": "refuses the PIN",
    "PinLenRange": "refuses the PIN, which is too short or too long",
    "PinLocked": "is locked after too many wrong PINs",
    "PinExpired": "wants a new PIN",
    "UserPinNotInitialized": "has no PIN yet",
}


def token_identity(path: Path | None = None, now: datetime | None = None) -> Identity:
    """The identity that the settings at `path` (default: in the configuration folder) name.

    Raises InvalidInput for settings, a token, a PIN, a key or a chain that cannot be used, in one
    sentence that tells nothing of the PIN; StorageFailed for a file that cannot be read.
    """
    settings = read_token_settings(path)
    with _ONE_AT_A_TIME:
        token = _tokens.setdefault(settings, _Token(settings))
    if settings.certificates is None:
        text, source = pem(token.certificates()).encode(), f"the token {settings.token}"
    else:
        text, source = content_of(settings.certificates), str(settings.certificates)
    chain = checked_chain(text, source, now or datetime.now(UTC))
    public = public_key(chain[0].public_key(), source)
    return from_callback(pem(chain), lambda data: token.sign(data, public), now)


def log_out() -> None:
    """Leave every token; the next signature logs in anew."""
    with _ONE_AT_A_TIME:
        for token in _tokens.values():
            token.leave()
        _tokens.clear()


class _Token:
    """A token that this process logs in to once, and again after it went away."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._session: Any = None
        self._key: Any = None
        self._refused: set[bytes] = set()

    def certificates(self) -> list[x509.Certificate]:
        """The certificates that belong to the key, leaf first."""
        return self._asked(_certificates_of)

    def sign(self, data: bytes, public: PublicKey) -> bytes:
        """The key's signature, in the way of the key that its certificate names."""

        def made(key: Any) -> bytes:
            how = self._mechanism(key, public)
            pin = {"pin": token_pin(self._settings)} if _asks_each_time(key) else {}
            return bytes(key.sign(what_is_signed(public, data), **how, **pin))

        return self._asked(made)

    def _mechanism(self, key: Any, public: PublicKey) -> dict[str, Any]:
        """How it signs: plain ECDSA or RSASSA-PSS of a digest made here, or Ed25519.

        Not every token can make the digest itself.
        """
        pkcs11 = _package()
        how: dict[str, Any]
        if isinstance(public, ec.EllipticCurvePublicKey):
            kind, how = pkcs11.KeyType.EC, {"mechanism": pkcs11.Mechanism.ECDSA}
        elif isinstance(public, rsa.RSAPublicKey):
            padding = (pkcs11.Mechanism.SHA256, pkcs11.MGF.SHA256, PSS_SALT)
            how = {"mechanism": pkcs11.Mechanism.RSA_PKCS_PSS, "mechanism_param": padding}
            kind = pkcs11.KeyType.RSA
        else:
            kind, how = pkcs11.KeyType.EC_EDWARDS, {"mechanism": pkcs11.Mechanism.EDDSA}
        if key.key_type is not kind:
            # Some libraries end the process when one kind of key is used as another.
            raise InvalidInput(
                f"The certificate names a key of the kind {kind.name}, and the token "
                f"'{self._settings.token}' holds one of the kind {key.key_type.name}.",
                remedy="Name the key in token.toml that this certificate was issued for.",
            )
        return how

    def _asked(self, question: Callable[[Any], Answer]) -> Answer:
        """What the token answers; a token that was put back meanwhile is logged in to again."""
        pkcs11 = _package()
        with _ONE_AT_A_TIME:
            for last in (self._key is None, True):
                try:
                    return question(self._found_key())
                except pkcs11.PKCS11Error as error:
                    gone = type(error).__name__ in _GONE
                    if gone:
                        self.leave()
                    if last or not gone:
                        raise self._failed(error) from None
        raise AssertionError("the last try answers or raises")

    def _found_key(self) -> Any:
        pkcs11 = _package()
        if self._key is not None:
            return self._key
        if self._session is None:
            self._session = self._logged_in()
        wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
        if self._settings.key:
            wanted[pkcs11.Attribute.LABEL] = self._settings.key
        if self._settings.key_id:
            wanted[pkcs11.Attribute.ID] = bytes.fromhex(self._settings.key_id)
        found = list(self._session.get_objects(wanted))
        if len(found) == 1:
            self._key = found[0]
            return self._key
        how_many = "no private key" if not found else f"{len(found)} private keys"
        raise InvalidInput(
            f"The token '{self._settings.token}' holds {how_many} that token.toml names.",
            remedy="Give the 'key' and the 'key_id' of the one that is to sign.",
        )

    def _logged_in(self) -> Any:
        pkcs11 = _package()
        found = _present(self._settings)
        pin = token_pin(self._settings)
        tried = hashlib.sha256(found.serial + pin.encode()).digest()
        if tried in self._refused:
            raise self._refusal("PinIncorrect")
        if found.flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
            raise self._refusal("PinLocked")
        if found.flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
            raise InvalidInput(
                f"The token '{found.label}' is locked if the next PIN is wrong.",
                remedy="Log in once with a program of its maker, which gives the tries back.",
            )
        try:
            return found.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            return found.open()
        except pkcs11.PKCS11Error as error:
            if type(error).__name__ in _REFUSALS:
                self._refused.add(tried)
                raise self._refusal(type(error).__name__) from None
            raise

    def _refusal(self, answer: str) -> InvalidInput:
        return InvalidInput(
            f"The token '{self._settings.token}' {_REFUSALS[answer]}.",
            remedy="Correct or renew the PIN; after a few wrong ones a token locks itself.",
        )

    def _failed(self, error: Exception) -> InvalidInput:
        name = type(error).__name__
        if name in _GONE:
            what = "was taken out, or its key is gone"
        elif name.startswith("Mechanism") or name == "KeyTypeInconsistent":
            what = "cannot sign with this kind of key as C2PA wants it"
        else:
            what = f"could not be used ({name})"
        return InvalidInput(
            f"The token '{self._settings.token}' {what}.",
            remedy="Check that it is there and that token.toml names the right key.",
        )

    def leave(self) -> None:
        """Log out of it."""
        session, self._session, self._key = self._session, None, None
        with suppress(Exception):
            session.close()


def _package() -> Any:
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        raise InvalidInput(
            "The signing key is on a token, and what speaks to tokens is not installed.",
            remedy="Install it: pip install 'reelwright[token]'",
        ) from error


def _present(settings: TokenSettings) -> Any:
    """The token of that label, as its library sees it now."""
    pkcs11 = _package()
    try:
        there = [each for each in pkcs11.lib(str(settings.module)).get_tokens() if each.label]
    except pkcs11.PKCS11Error as error:
        raise InvalidInput(
            f"The token library '{settings.module}' cannot be used: "
            f"{str(error) or type(error).__name__}.",
            remedy="Give the PKCS#11 library of the token's maker as 'module' in token.toml.",
        ) from error
    found = [each for each in there if each.label == settings.token]
    if len(found) == 1:
        return found[0]
    labels = ", ".join(f"'{each.label}'" for each in there) or "none"
    how_many = "no token" if not found else f"{len(found)} tokens"
    raise InvalidInput(
        f"There is {how_many} of the label '{settings.token}'; there is: {labels}.",
        remedy="Put in the one that is to sign, and no other of its label.",
    )


def _asks_each_time(key: Any) -> bool:
    """Whether the key wants the PIN again for every signature, as that of a PIV card does."""
    pkcs11 = _package()
    try:
        return bool(key[pkcs11.Attribute.ALWAYS_AUTHENTICATE])
    except pkcs11.AttributeTypeInvalid:  # an older library
        return False


def _certificates_of(key: Any) -> list[x509.Certificate]:
    """The certificate of the key's id or label, and on the token those that issued it."""
    pkcs11 = _package()
    kind = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
    stored = []
    for each in list(key.session.get_objects(kind)):
        with suppress(ValueError):  # others keep other things under that name
            stored.append((each, x509.load_der_x509_certificate(each[pkcs11.Attribute.VALUE])))
    of_id = [read for each, read in stored if key.id and each[pkcs11.Attribute.ID] == key.id]
    of_label = [read for each, read in stored if each[pkcs11.Attribute.LABEL] == key.label]
    if not (of_id or of_label):
        raise InvalidInput(
            f"The token holds no certificate of its key '{key.label or key.id.hex()}'.",
            remedy="Name the file of the chain as 'certificates' in token.toml.",
        )
    chain = [(of_id or of_label)[0]]
    others = [read for _, read in stored]
    while (issuer := _issuer(chain[-1], others)) is not None and issuer not in chain:
        chain.append(issuer)
    return chain


def _issuer(child: x509.Certificate, others: list[x509.Certificate]) -> x509.Certificate | None:
    for each in others:
        with suppress(ValueError, TypeError, InvalidSignature):
            child.verify_directly_issued_by(each)
            return each
    return None


_tokens: Final[dict[TokenSettings, _Token]] = {}
