"""What is sent to OpenAI, and what our stand-in for it answers, by the vendor's own specification.

It is the vendor's and is not shipped: it is read from a folder beside the repository, where there is one.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml
from aiohttp import ClientSession

from library.jobs.models import Request, Scalar
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from tests.providers.house import KEY, opened
from tests.tree import ROOT

SPEC = ROOT.parent / "shared" / "specs" / "openai.yaml"

pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the vendor's specification is not beside the repository")


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = yaml.load(SPEC.read_text("utf-8"), loader)["components"]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))  # days are texts
    return plain


def faults(schemas: dict[str, Any], name: str, value: object) -> list[str]:
    """What is wrong with a value. What the specification does not name it lets pass; that is checked besides."""
    validator = jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": schemas})
    found = [f"{each.instance_path}: {each.message}" for each in validator.iter_errors(value)]
    known = set(schemas["schemas"][name].get("properties", {}))
    if isinstance(value, dict) and known:
        found += [f"{each} is not known" for each in value.keys() - known]
    return found


REQUESTS: list[tuple[str, str, tuple[int, int], dict[str, Scalar]]] = [
    ("gpt-image-2", "png", (1024, 1024), {}),
    ("gpt-image-2", "webp", (1536, 864), {"quality": "high", "background": "transparent", "output_compression": 70}),
    ("gpt-image-2", "jpeg", (3840, 2160), {"quality": "auto", "moderation": "low", "background": "opaque"}),
    ("gpt-image-1.5", "png", (1024, 1536), {"quality": "low", "background": "auto", "moderation": "auto"}),
]


@pytest.mark.parametrize(("model", "format", "size", "options"), REQUESTS)
async def test_requests_are_as_specified(
    schemas: dict[str, Any], model: str, format: str, size: tuple[int, int], options: dict[str, Scalar]
) -> None:
    fake = FakeOpenAI(models=[model], key=KEY)
    async with fake.serving() as url, opened(url) as provider:
        await provider.submit(
            Request(model, "紅色的狐狸", width=size[0], height=size[1], format=format, options=options), "aa" * 16
        )
    assert faults(schemas, "CreateImageRequest", fake.asked[0].body) == []


async def test_answers_of_the_stand_in_are_as_specified(schemas: dict[str, Any]) -> None:
    body = {"model": "gpt-image-2", "prompt": "a fox", "size": "1024x1024", "quality": "medium"}
    script = [None, Fault("rate", seconds=1), Fault("refuse"), Fault("quota"), Fault("retired"), Fault("error")]
    fake = FakeOpenAI(faults=script)
    async with fake.serving() as url, ClientSession() as session:
        async with session.post(f"{url}/images/generations", json=body) as made:
            assert faults(schemas, "ImagesResponse", await made.json()) == []
        for _ in script[1:]:
            async with session.post(f"{url}/images/generations", json=body) as refused:
                assert refused.status >= 400
                assert faults(schemas, "ErrorResponse", await refused.json()) == []
        async with session.get(f"{url}/models") as listed:
            assert faults(schemas, "ListModelsResponse", await listed.json()) == []
    fake = FakeOpenAI(quirks=Quirks(links=True))
    async with fake.serving() as url, ClientSession() as session:
        async with session.post(f"{url}/images/generations", json=body) as made:
            assert faults(schemas, "ImagesResponse", await made.json()) == []


async def test_a_picture_in_events_is_asked_for_and_told_as_specified(schemas: dict[str, Any]) -> None:
    fake = FakeOpenAI(models=["gpt-image-2"], key=KEY)
    async with fake.serving() as url, opened(url) as provider, ClientSession() as session:
        await provider.submit(Request("gpt-image-2", "a fox", options={"previews": 2, "quality": "low"}), "aa" * 16)
        assert faults(schemas, "CreateImageRequest", fake.asked[0].body) == []
        head = {"Authorization": f"Bearer {KEY}"}
        asked = {**fake.asked[0].body, "background": "auto"}
        async with session.post(f"{url}/images/generations", json=asked, headers=head) as answer:
            lines = [line.removeprefix("data: ") for line in (await answer.text()).splitlines() if line[:5] == "data:"]
    *partial, completed = [msgspec.json.decode(line) for line in lines]
    assert len(partial) == 2
    assert [each for event in partial for each in faults(schemas, "ImageGenPartialImageEvent", event)] == []
    assert faults(schemas, "ImageGenCompletedEvent", completed) == []


@pytest.mark.parametrize(
    "wrong",
    [{}, {"prompt": "x", "n": 99}, {"prompt": "x", "quality": "ultra"}, {"prompt": 7}, {"prompt": "x", "seed": 7},
     {"prompt": "x", "output_format": "tiff"}],
)  # fmt: skip
def test_planted_mistake_is_found(schemas: dict[str, Any], wrong: dict[str, Any]) -> None:
    assert faults(schemas, "CreateImageRequest", wrong) != []
