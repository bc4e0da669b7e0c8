"""What a file says that it was made of: written in every format, read back, and harmless whatever it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.convert import convert
from imaging.embed import embed
from imaging.inspection import Converted, ConvertJob, Facts, Limits, Lineage, Target
from imaging.readers.gesso import lineage, name_of
from imaging.writing import packet
from imaging.writing.png import Png
from imaging.written import Written
from tests.imaging.files import seen
from tests.imaging.pictures import saved
from tests.imaging.test_embed import FACTS, FORMATS

ONE, TWO = bytes(range(16)), bytes(range(16, 32))
LINE = Lineage(ONE, TWO)
MM = 'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#"'


def xmp(inner: str, attributes: str = "") -> str:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {rdf}><rdf:Description rdf:about="" {MM} {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'  # noqa: E501


def made(folder: Path, data: bytes, facts: Facts | None, lineage: Lineage | None, format: str, metadata: str) -> Path:
    """A picture converted by the code of a worker."""
    (folder / "source").write_bytes(data)
    to = folder / "made"
    to.unlink(missing_ok=True)
    target = Target(format=format, longest=20, metadata=metadata)  # type: ignore[arg-type]
    answer = convert(ConvertJob(folder / "source", to, target, facts, lineage=lineage), Limits())
    assert isinstance(answer, Converted) and answer.losses == (), answer
    return to


@pytest.mark.parametrize("facts", [FACTS, Facts()], ids=["facts", "nothing"])
@pytest.mark.parametrize("metadata", ["all", "generation"])
@pytest.mark.parametrize("to", [*FORMATS, "AVIF"])
@pytest.mark.parametrize("source", [*FORMATS, "AVIF"])
def test_converted_and_made_smaller_facts_and_lineage_stay(
    tmp_path: Path, source: str, to: str, metadata: str, facts: Facts
) -> None:
    file = made(tmp_path, saved(source), facts, LINE, to, metadata)
    assert (seen(file).lineage, seen(file).facts) == (LINE, facts)
    again = made(tmp_path, file.read_bytes(), None, Lineage(TWO, TWO), source, metadata)
    assert (seen(again).lineage, seen(again).facts) == (Lineage(TWO, TWO), facts), "of the nearest one alone"
    assert again.read_bytes().count(ONE.hex().encode()) == 0
    assert (
        made(tmp_path, file.read_bytes(), None, Lineage(TWO, TWO), source, metadata).read_bytes() == again.read_bytes()
    )


@pytest.mark.parametrize("format", [*FORMATS, "AVIF"])
def test_who_keeps_no_metadata_says_nothing(tmp_path: Path, format: str) -> None:
    before = embed(saved("PNG"), FACTS, lineage=LINE).data
    file = made(tmp_path, before, FACTS, LINE, format, "none")
    assert seen(file).lineage is None and b"gesso" not in file.read_bytes()


@pytest.mark.parametrize("format", [*FORMATS, "AVIF"])
def test_written_beside_the_facts_and_over_what_stood_there(tmp_path: Path, format: str) -> None:
    data = embed(saved(format), FACTS, lineage=LINE).data
    (tmp_path / "one").write_bytes(data)
    assert (seen(tmp_path / "one").lineage, seen(tmp_path / "one").facts) == (LINE, FACTS)
    (tmp_path / "two").write_bytes(embed(data, FACTS, lineage=Lineage(TWO, TWO)).data)
    assert seen(tmp_path / "two").lineage == Lineage(TWO, TWO)
    (tmp_path / "three").write_bytes(embed(data, FACTS).data)
    assert seen(tmp_path / "three").lineage is None, "it is written anew, and nothing is known of it"
    bare = saved(format)
    assert embed(bare, Facts(), lineage=LINE).data == bare, "what is the same says so itself"


def test_other_programs_line_of_files_stays(tmp_path: Path) -> None:
    theirs = xmp("", 'xmpMM:OriginalDocumentID="xmp.did:1" xmpMM:DocumentID="xmp.did:2"').encode()
    changed = packet.changed(theirs, {}, ())
    data = embed(saved("PNG"), FACTS).data
    file = Png(data)
    file.set_xmp(changed)
    again = embed(file.encoded(), FACTS, lineage=LINE).data
    assert b"xmp.did:1" in again and b"xmp.did:2" in again
    (tmp_path / "one").write_bytes(again)
    assert seen(tmp_path / "one").lineage == Lineage(ONE, ONE)


DERIVED = "<xmpMM:DerivedFrom{}>{}</xmpMM:DerivedFrom>"
ORIGINAL = f'xmpMM:OriginalDocumentID="{name_of(TWO)}"'
NAMED = f"<stRef:documentID> {name_of(ONE)} </stRef:documentID>"


def by_attribute(name: str) -> str:
    return xmp(f'<xmpMM:DerivedFrom stRef:documentID="{name}"/>')


@pytest.mark.parametrize(
    ("packet", "found"),
    [
        # As programs write it again: by attributes, as resources, in descriptions.
        (by_attribute(name_of(ONE)), Lineage(ONE, ONE)),
        (xmp(DERIVED.format(' rdf:parseType="Resource"', NAMED), ORIGINAL), Lineage(ONE, TWO)),
        (xmp(DERIVED.format("", f"<rdf:Description>{NAMED}</rdf:Description>"), ORIGINAL), Lineage(ONE, TWO)),
        (
            xmp(
                f"<xmpMM:OriginalDocumentID>{name_of(TWO)}</xmpMM:OriginalDocumentID>"
                + DERIVED.format("", f'<rdf:Description stRef:documentID="{name_of(ONE)}"/>')
            ),
            Lineage(ONE, TWO),
        ),
        # An editor names what it opened by its own name, and keeps where it began.
        (xmp('<xmpMM:DerivedFrom stRef:documentID="xmp.did:77"/>', ORIGINAL), Lineage(TWO, TWO)),
        # What nobody writes, or means something else.
        (xmp(f"<xmpMM:Ingredients><rdf:Bag><rdf:li>{NAMED}</rdf:li></rdf:Bag></xmpMM:Ingredients>"), None),
        (by_attribute(name_of(ONE)[:-1]), None),
        (by_attribute(name_of(ONE).upper()), None),
        (by_attribute(f"{name_of(ONE)}/../etc"), None),
        (by_attribute(f"urn:gesso:asset/{'7' * 100_000}"), None),
        (xmp(f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{name_of(ONE)}</dc:title>'), None),
        (xmp("<xmpMM:DerivedFrom>" * 5000 + name_of(ONE) + "</xmpMM:DerivedFrom>" * 5000), None),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + by_attribute(f"{name_of(ONE)}&a;"), None),
        (name_of(ONE), None),
        (by_attribute(name_of(ONE))[:-20], None),
    ],
)  # fmt: skip
def test_what_files_say_is_read_to_the_letter_or_not_at_all(packet: str, found: Lineage | None) -> None:
    assert lineage(Written(xmp=packet)) == found
    assert lineage(Written(extension=packet)) == found
