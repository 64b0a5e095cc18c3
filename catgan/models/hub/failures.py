"""Says in one line what went wrong between this machine and the hub, and what to do."""

from __future__ import annotations

from catgan.errors import ModelError
from catgan.models.hub.addresses import Address, endpoint, load_hub

LOG_IN = "log in with 'hf auth login', or set HF_TOKEN"
INTERRUPTED = "Run the same command again: files that are complete are kept."


def explained(error: Exception, address: Address, done: str) -> ModelError:
    """Makes the error of a failure.

    Args:
        error: of `huggingface_hub`.
        address: of the model.
        done: what failed: `"downloaded"` or `"uploaded"`.
    """
    return ModelError(f"{address} could not be {done}: {_reason(error, address, done)}")


def _reason(error: BaseException, address: Address, done: str) -> str:
    hub, server = load_hub(), endpoint()
    errors = hub.errors
    if isinstance(error, errors.GatedRepoError):
        return f"its terms must be accepted at {server}/{address.repository}; then {LOG_IN}."
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{server} has no such model, or it is private. Check the name; for a private one {LOG_IN}."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"it has no revision '{address.revision or 'main'}'. Allowed: a branch, a tag or a commit."
    if isinstance(error, (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled)):
        cause = error.__cause__
        if isinstance(cause, errors.HfHubHTTPError):
            return _reason(cause, address, done)
        return _offline(server, done)
    if isinstance(error, errors.HfHubHTTPError):
        code = error.response.status_code
        if code in (401, 403):
            return f"{server} refused access ({code}). Use a token that may do this: {LOG_IN}."
        return f"{server} answered with an error ({code} {error.response.reason_phrase}). Try again later."
    if isinstance(error, errors.HFValidationError):
        return f"{_line(error)}"
    if _is_connection(error):
        return _offline(server, done)
    if isinstance(error, RuntimeError) and error.__cause__ is not None:  # of one file of several
        return _reason(error.__cause__, address, done)
    return f"{type(error).__name__}: {_line(error)} {INTERRUPTED}"


def _is_connection(error: BaseException) -> bool:
    """Tells whether a server was not reached; the classes are those of the HTTP library, which versions change."""
    return isinstance(error, ConnectionError) or type(error).__name__ in ("ConnectError", "ConnectTimeout")


def _offline(server: str, done: str) -> str:
    constants = load_hub().constants
    why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else f"{server} cannot be reached"
    if done == "uploaded":
        return f"{why}. 'catgan export-model RUN --to huggingface' writes the folder to be uploaded later."
    return (f"{why}, and it is not complete in the cache {constants.HF_HUB_CACHE}. Fetch it once with a connection, or "
            "copy its folder to this machine and give the path of that folder instead.")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
