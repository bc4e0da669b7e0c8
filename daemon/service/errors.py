"""Why a service cannot be installed or removed."""

from __future__ import annotations

from daemon.errors import DaemonError


class ServiceError(DaemonError):
    """Base of the family."""

    code = "service"


class NoManager(ServiceError):
    """What would start the daemon at log-in is not here."""

    code = "service_no_manager"

    def __init__(self, manager: str, why: str) -> None:
        super().__init__(f"{manager} cannot be spoken to: {why}", manager=manager, why=why)


class NoProgram(ServiceError):
    """This environment has no console script that could be started."""

    code = "service_no_program"

    def __init__(self, place: str) -> None:
        super().__init__(f"The program is not where it is installed: {place}", place=place)


class ByRoot(ServiceError):
    """Called by sudo: it would become the administrator's service."""

    code = "service_root"

    def __init__(self, user: str) -> None:
        super().__init__(f"A service is its user's own: run this as {user}, without sudo.", user=user)


class StepFailed(ServiceError):
    """A program of the system said no."""

    code = "service_step"

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}` failed: {said}", command=command, said=said)


class NotWritten(ServiceError):
    """The system does not let the text be read, written or removed."""

    code = "service_write"

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} cannot be written: {why}", place=place, why=why)


class Foreign(ServiceError):
    """A text of somebody else's lies where ours would."""

    code = "service_foreign"

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} was not written by Gesso, so it is left alone.", place=place)


class Unwritable(ServiceError):
    """A path with characters that a unit file cannot hold."""

    code = "service_path"

    def __init__(self, path: str) -> None:
        shown = ascii(path)
        super().__init__(f"The path {shown} has characters that no service can be told.", path=shown)
