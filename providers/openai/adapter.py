"""OpenAI's API, and every server that speaks it: LM Studio, LocalAI, vLLM, llama.cpp, stable-diffusion.cpp, gateways.

The client library's own retries, its environment variables and what it tells of this machine are off: what is sent is
said here. A paid request goes over a connection of its own, for one that was kept open may be closed under it, and then
nobody knows whether it arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from library.jobs.models import PREVIEWS, Cost, Request, Scalar
from providers.base import (
    Ability,
    Accepted,
    Answer,
    Cancelled,
    Done,
    Health,
    Kind,
    ModelInfo,
    Preview,
    Previews,
    Running,
    Show,
    Sizes,
    Traits,
)
from providers.errors import (
    AuthError,
    BadAnswer,
    ContentRefused,
    InvalidRequest,
    ListTooLong,
    OutcomeUnknown,
    ProviderError,
    Unreachable,
    Unsupported,
)
from providers.fitting import day_of
from providers.openai.answers import Made, Refusal, refused
from providers.openai.coming import Coming, Whole
from providers.openai.listing import listed_in
from providers.pricebook import USUAL_QUALITY, Book, models_in, read_book, wanting
from providers.registry import Profile, Secret, Tools
from providers.waiting import all_in_hand, end_soon
from providers.web import Web, is_loopback, proxy_of
from providers.words.talking import Embedded, End, Piece, Question, Tokens
from store.waiting import to_the_end

try:
    import httpx2
    import openai

    from providers.openai.bounds import MOST_LIST, Client, TooMuch, bound
    from providers.openai.talking import BROKEN, IN_EVENTS, Talking, begun
except ImportError as missing:
    raise ImportError("this provider needs the openai package: pip install 'gesso[openai]'") from missing

OPENAI = "https://api.openai.com/v1"
AT_ONCE, AT_ONCE_HERE = 4, 1  # a server of one's own makes one picture after the other
CONNECT_SECONDS = 20.0
READ_SECONDS = 600.0  # the best pictures take minutes
MOST_PREVIEWS = 10  # of a picture of a compatible server
REST_SECONDS = 1.0  # without anything of a further picture, once one is finished: until then it is in memory only
MOST_REST_SECONDS = 30.0  # for all that comes behind it
FRESH_SECONDS = 300.0  # that a list of models is believed
# Headers of the library that are sent; by the last one it knows again that we read the answer ourselves.
OURS = {"host", "content-length", "content-type", "accept", "idempotency-key", "x-stainless-raw-response"}
# The request cannot have left: a name, a socket, a certificate or a proxy stood before it.
NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


class OpenAI:
    """One profile of the API: pictures, text and vectors. `adapter = "openai"`: the vendor itself, whose models and
    prices are known; otherwise a compatible server, of which `base_url` says where it is.

    Options: `timeout` (seconds of silence), `idempotent` (it knows an Idempotency-Key); of compatible servers only
    `response_format` ("b64_json", "url" or "none", which sends none), `free` (nothing that it makes is charged),
    `seconds` (about how long a picture takes) and `previews` (it shows so many of a picture at most while it is made,
    to whoever asks for some; 0: none).
    """

    def __init__(self, profile: Profile, tools: Tools) -> None:
        known = profile.adapter == "openai"
        base = _base(profile.base_url or (OPENAI if known else ""))
        here = is_loopback(base)
        self.name = profile.name
        self.title = profile.name
        self.kind: Kind = "local" if here else "cloud"
        self.at_once = profile.at_once or (AT_ONCE_HERE if here else AT_ONCE)
        self.per_minute = profile.per_minute
        self._here = here and not profile.proxy
        # Not by its place: a gateway on this machine passes requests on to services that charge.
        self._free = not known and _option(profile, "free", False, bool)
        seconds = _option(profile, "seconds", 0.0, float)
        self._seconds = (seconds, seconds) if seconds and not known else None
        previews = 0 if known else min(max(_option(profile, "previews", 0, int), 0), MOST_PREVIEWS)
        self._previews = Previews(previews) if previews else None
        self._profile = profile
        self._tools = tools
        self._book: Book | None = read_book("openai") if known else None
        self._format = _option(profile, "response_format", "none" if known else "b64_json", str)
        self._traits = Traits(idempotent=_option(profile, "idempotent", False, bool))
        self._list: tuple[float, list[ModelInfo]] | None = None  # when it was had, and the list
        self._listing = asyncio.Lock()
        self._day, self._listed = "", list[ModelInfo]()  # the book as it stood on a day
        proxy = proxy_of(profile.proxy)
        self._web = Web(base, proxy)
        timeout = _option(profile, "timeout", READ_SECONDS, float)
        self._client = client = openai.AsyncOpenAI(
            base_url=str(base),
            api_key="-",  # the true one is put in where a request leaves
            max_retries=0,
            http_client=Client(
                timeout=openai.Timeout(timeout, connect=CONNECT_SECONDS, pool=2 * CONNECT_SECONDS),
                proxy=None if proxy.url is None else httpx2.Proxy(str(proxy.url), headers=proxy.headers),
                follow_redirects=False,
                trust_env=False,
                event_hooks={"request": [self._sign], "response": [bound]},
            ),
        )
        self._talking = Talking(
            client,
            self._failure,
            self._cost_of_text,
            tools.surroundings.in_thread,
            vendor=known,
            counts=known or not self._here,
        )

    def __repr__(self) -> str:
        return f"OpenAI({self.name!r})"

    @property
    def leaves_machine(self) -> bool:
        return not self._here

    @property
    def knows_offline(self) -> bool:
        """Whether its models are known without ever asking for them."""
        return self._book is not None or bool(self._profile.models)

    async def check(self) -> Health:
        try:
            await self._ask_list()
        except ListTooLong as error:
            if not self.knows_offline:
                return Health(False, error.code, str(error))
        except Unsupported:
            pass  # it is there; that it tells no models is no fault
        except ProviderError as error:
            return Health(False, error.code, str(error))
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        if self._book is not None:
            return self._known(self._book)
        if self._profile.models:
            return [self._plain(id, None) for id in self._profile.models]
        async with self._listing:
            now = self._tools.surroundings.clock.elapsed()
            if self._list is not None and now - self._list[0] < FRESH_SECONDS:
                return self._list[1]
            try:
                listed = await self._ask_list()
                found = [self._plain(id, can) for id, can in listed.items() if id == self._clean(id)]
            except ProviderError:
                if self._list is None:
                    raise
                found = self._list[1]
            self._list = (now, found)
            return found

    def _known(self, book: Book) -> list[ModelInfo]:
        """Of the vendor itself: what its book lists, or those of them that the profile names, and newer ones too."""
        today = self._today()
        if self._day != today:
            self._day, self._listed = today, models_in(book, today, self._traits)
        if not self._profile.models:
            return self._listed
        by_id = {each.id: each for each in self._listed}
        return [by_id.get(id) or ModelInfo(id, id, traits=self._traits, can=None) for id in self._profile.models]

    def _plain(self, id: str, can: tuple[Ability, ...] | None) -> ModelInfo:
        """A model of a compatible server, of which little is known but its name."""
        return ModelInfo(
            id,
            id,
            Sizes(step=8),
            options=() if self._previews is None else (wanting(self._previews),),
            free=self._free,
            traits=self._traits,
            can=can,
            seconds=self._seconds,
            previews=self._previews,
        )

    def _today(self) -> str:
        return day_of(self._tools.surroundings.clock.now())

    async def _ask_list(self) -> dict[str, tuple[Ability, ...] | None]:
        """What the server has, and what each can do. It costs nothing, so that a failure leaves nothing unknown."""
        try:
            answer = await self._client.models.with_raw_response.list()
            found: dict[str, tuple[Ability, ...] | None] = await self._tools.surroundings.in_thread(
                listed_in, answer.content
            )
            return found
        except TooMuch:
            raise ListTooLong(
                f"The server's list of models is longer than {MOST_LIST >> 20} MiB, more than is read: "
                'name the ones to offer in the settings, as models = ["…"].'
            ) from None
        except BROKEN as error:
            if isinstance(error, openai.APIStatusError) and error.status_code in (404, 405, 501):
                raise Unsupported("The server tells no models: name them in the settings.") from None
            failure = self._failure(error, "")
            if isinstance(failure, OutcomeUnknown):
                raise Unreachable(str(failure)) from None
            raise failure from None

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        return await self.submit_shown(request, token, lambda preview: None)

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        """Previews come only where the order asks for them: each is charged for."""
        body = {name: value for name, value in request.options.items() if name != PREVIEWS}
        wanted = request.options.get(PREVIEWS, 0)
        if self._book is not None:
            family = self._book.family(request.model)
            usual = {"quality": USUAL_QUALITY} if family is not None and family.qualities else {}
            body = {"output_format": request.format, **usual, **body}
        if self._format != "none":
            body["response_format"] = self._format
        asked: dict[str, Any] = {
            "prompt": request.prompt,
            "model": request.model,
            "n": 1,
            "size": f"{request.width}x{request.height}",
            "extra_body": body,
            "extra_headers": self._headers(token),
        }
        if wanted:
            asked |= {"stream": True, "partial_images": wanted}
        made = await self._made(asked, request.model, show)
        cost = None
        if self._book is not None and made.usage is not None:
            cost = self._book.cost(request.model, made.usage)
        answers = tuple(
            msgspec.structs.replace(each, told={name: self._cleaned(value) for name, value in each.told.items()})
            for each in made.answers
        )
        return Done(answers, cost, made.more, made.lost, self._clean(made.why))

    async def _made(self, asked: dict[str, Any], model: str, show: Show) -> Made:
        """The pictures of an answer: at once, or at the end of one in events. A server that knows no events answers at
        once.
        """
        coming: Coming | Whole | None = None
        try:
            async with self._client.images.with_streaming_response.generate(**asked) as answer:
                if _kind_of(answer.headers) == IN_EVENTS:
                    coming = Coming()
                    await self._all(answer.iter_bytes(), coming, show)
                else:
                    coming = Whole()
                    async for data in answer.iter_bytes():
                        coming.take(data)
                    coming.over = True
                return await self._in_thread(coming.end)
        except asyncio.CancelledError as error:  # the time is up, Gesso went offline or ends
            made = None if coming is None else await self._come(coming, error)
            if made is None or not all_in_hand(made.answers):
                raise
            end_soon()
            return made
        except BROKEN as error:
            if coming is not None and (made := await self._come(coming, error)) is not None:
                return made
            found = self._failure(error, model)
            if coming is not None and not isinstance(found, ContentRefused):
                found = begun(found, True)
            raise found from None

    async def _all(self, pieces: AsyncIterator[bytes], coming: Coming, show: Show) -> None:
        """All of an answer in events; of what follows a finished picture as much as comes soon."""
        loop = asyncio.get_running_loop()
        until, longest = None, 0.0  # when it is left, by the loop's clock
        while not coming.over:
            try:
                async with asyncio.timeout_at(until):
                    data = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if until is None:
                    raise
                return
            before = coming.pictures
            await self._taken(coming, data, show)
            if coming.finished and (coming.is_within or coming.pictures > before):
                longest = longest or loop.time() + MOST_REST_SECONDS
                until = min(loop.time() + REST_SECONDS, longest)

    async def _come(self, coming: Coming | Whole, error: BaseException) -> Made | None:
        """What is whole is not spoiled by what breaks behind it; None where nothing is."""
        if not isinstance(error, ProviderError):
            try:
                return await self._in_thread(coming.end)
            except ProviderError:
                pass
        return coming.made

    async def _in_thread(self, work: Callable[[], Made]) -> Made:
        """What is read of an answer, also where this is cancelled meanwhile: it was paid for, and takes a moment."""
        found = list[Made]()
        try:
            await to_the_end(self._tools.surroundings.in_thread(lambda: found.append(work())))
        except asyncio.CancelledError:
            if not found or not all_in_hand(found[0].answers):
                raise
            end_soon()
        return found[0]

    async def _taken(self, coming: Coming, data: bytes, show: Show) -> None:
        """Shows what is in further bytes, also where that is followed by an error; reads large pictures in a thread."""
        if not coming.is_large(data):
            for preview in coming.take(data):
                show(Preview(preview))
            return
        previews = list[bytes]()
        try:
            await to_the_end(self._tools.surroundings.in_thread(lambda: previews.extend(coming.take(data))))
        finally:
            for preview in previews:
                show(Preview(preview))

    def speak(self, question: Question, token: str) -> AsyncGenerator[Piece | End]:
        return self._talking.speak(question, self._headers(token))

    async def embed(self, model: str, texts: Sequence[str], token: str) -> Embedded:
        return await self._talking.embed(model, texts, self._headers(token))

    def _headers(self, token: str) -> dict[str, str]:
        return {"Idempotency-Key": token} if self._traits.idempotent else {}

    def _cost_of_text(self, model: str, tokens: Tokens | None) -> Cost | None:
        return None if self._book is None or tokens is None else self._book.cost_of_text(model, tokens)

    async def poll(self, handle: bytes) -> Running | Done:
        raise Unsupported("This API has no jobs to ask for.")

    def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        return self._web.pieces(answer.place)

    async def cancel(self, handle: bytes) -> Cancelled:
        return "unsupported"

    async def find(self, token: str) -> Done | Accepted | None:
        raise Unsupported("This API does not tell what became of a request.")

    async def aclose(self) -> None:
        await self._client.close()
        await self._web.aclose()

    async def _sign(self, request: Any) -> None:
        """Take from a request what the library adds by itself, and put in what the profile says and its key."""
        for name in list(request.headers):
            if name.lower() not in OURS:
                del request.headers[name]
        request.headers["User-Agent"] = "Gesso"
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Connection"] = "close"
        key = self._tools.key()
        if key is not None:
            request.headers["Authorization"] = f"Bearer {_letters(key)}"
        request.headers.update(self._profile.headers)

    def _failure(self, error: BaseException, model: str) -> ProviderError:
        """What an error of the library or of the connection means."""
        if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, ProviderError):
            found = error.__cause__  # ours, before anything was sent
        elif isinstance(error, openai.APIStatusError):
            found = refused(self._refusal(error, model))
        elif isinstance(error, ProviderError):
            found = error
        elif isinstance(error, TooMuch):
            found = BadAnswer("The answer is larger than any that has its sense.")
        else:
            found = _broken(error)
        return self._without_secrets(found)

    def _refusal(self, error: openai.APIStatusError, model: str) -> Refusal:
        family = self._book.family(model) if self._book is not None else None
        return Refusal(
            error.status_code,
            {name.lower(): value for name, value in error.response.headers.items()},
            error.response.content,
            self._tools.surroundings.clock.now(),
            family.replacement if family is not None else None,
            self._traits.idempotent,
        )

    def _without_secrets(self, error: ProviderError) -> ProviderError:
        error.args = tuple(self._clean(str(each)) for each in error.args)
        error.params = {name: self._clean(value) for name, value in error.params.items()}
        return error

    def _cleaned(self, value: Scalar) -> Scalar:
        return self._clean(value) if isinstance(value, str) else value

    def _clean(self, text: str) -> str:
        """A server's words without secrets: servers like to repeat the key that they do not know."""
        key = self._tools.key()
        secrets = [*([key.reveal()] if key is not None else []), *self._profile.headers.values()]
        if password := (URL(self._profile.proxy).password if self._profile.proxy else None):
            secrets.append(password)
        for secret in secrets:
            text = text.replace(secret, "…") if len(secret) >= 8 else text
        return text


def _broken(error: BaseException) -> ProviderError:
    """Whether a request that has no answer had left. The library's own names mislead: it calls a connection that broke
    after the request a time-out of connecting, so that what aiohttp said is looked for.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NOT_CONNECTED):
            return Unreachable(f"No connection came about: {_what(cause)}.")
        if isinstance(cause, aiohttp.InvalidURL):
            return InvalidRequest("The base URL is none.", {"field": "base_url"})
        cause = cause.__cause__ or cause.__context__
    return OutcomeUnknown("The connection broke, or stayed silent, after the request had left.")


def _what(error: BaseException) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "the server's certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return "the proxy does not let it through"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "nobody answered in time"
    return "nobody listens there"


def _base(address: str) -> URL:
    """The base URL of a profile. What is wrong with it is said without repeating it: there may be a key in it."""
    try:
        found = URL(address)
    except ValueError:
        found = URL()
    if found.scheme not in ("http", "https") or not found.host:
        raise ValueError("base_url must be an address that begins with http:// or https://")
    if found.user is not None or found.password is not None or found.query_string:
        raise ValueError("base_url must hold no name, password or query: the key has a place of its own")
    return found


def _kind_of(headers: Any) -> str:
    """What an answer says that it is, in small letters."""
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def _letters(key: Secret) -> str:
    """The key, if it can stand in a request. Nothing has been sent yet."""
    letters = key.reveal()
    if not letters.isascii() or not letters.isprintable():
        raise AuthError("The key holds characters that no key has: copy it again, without quotation marks around it.")
    return letters


def _option(profile: Profile, name: str, usual: Any, kind: type) -> Any:
    found = profile.options.get(name, usual)
    if kind is float and isinstance(found, int) and not isinstance(found, bool):
        found = float(found)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise ValueError(f"the option {name} must be of the kind {kind.__name__}")
    return found
