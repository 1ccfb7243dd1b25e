#!/usr/bin/env python3
"""Writes N articles for benchmarks as NDJSON to standard output: the seed articles over and over, each with an id and a
serial number of its own, about 1 KB of text each.

usage: seeds/generate.py N > articles.ndjson
"""
import itertools
import json
import pathlib
import sys


def seed_articles():
    for path in sorted((pathlib.Path(__file__).parent / "articles").glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            if "body" in article:
                yield article


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit():
        sys.exit(__doc__)
    for number, article in zip(range(int(sys.argv[1])), itertools.cycle(list(seed_articles()))):
        article = dict(article, external_id=f"generated-{number}", url="", status="usable")
        article["title"] = f"{article['title']} ({number})"
        print(json.dumps(article, ensure_ascii=False))


if __name__ == "__main__":
    main()
