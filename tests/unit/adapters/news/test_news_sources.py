"""News from files and feeds, and labelled texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.models.sentiment_transformer import TransformerScorer
from adapters.news.files import FileNews
from adapters.news.labelled_texts import Labels, read_labelled
from adapters.news.rss import FeedNews, parse_feed
from adapters.pace import retry_after_s
from trading.errors import AskedTooOftenError, BadDataError, ConfigurationError, UnavailableError
from trading.news.article import RawArticle
from trading.news.evaluation import sentiment_label

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>Acme &amp; Co rise</title>
<link>https://example.com/1</link><pubDate>Wed, 01 May 2024 08:00:00 -0400</pubDate></item></channel></rss>"""


def test_a_csv_of_mixed_encodings_keeps_the_bytes_of_each_field(tmp_path: Path) -> None:
    """A line of UTF-8 beside one of Windows-1252; a line with a field too many is counted."""
    path = tmp_path / "news.csv"
    rows = "2024-05-01T12:00:00Z,Nestl\u00e9,A\n"
    path.write_bytes(b"\xef\xbb\xbfTime,Title,Ticker\n" + rows.encode() + rows.encode("cp1252") + b"a,b,c,d\n")
    fetched = FileNews(path, {}).fetch()
    assert [article.headline for article in fetched.articles] == [
        "Nestl\u00e9".encode(),
        "Nestl\u00e9".encode("cp1252"),
    ]
    assert fetched.refused == {"other number of fields than the header": 1}
    assert fetched.rows_in == 3


def test_json_lines_and_parquet_give_the_same_article(tmp_path: Path) -> None:
    """One row in two formats is one article; a line that is no JSON is counted."""
    lines, parquet = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text('{"when": "2024-05-01T12:00:00Z", "text": "Up", "symbols": ["A", "B"]}\n{oops\n[]\n')
    pq.write_table(pa.table({"when": ["2024-05-01T12:00:00Z"], "text": ["Up"], "symbols": ["A, B"]}), parquet)
    expected = RawArticle("2024-05-01T12:00:00Z", "Up", symbols=("A", "B"))
    fetched = FileNews(lines, {"published_at": "when"}).fetch()
    assert fetched.articles == FileNews(parquet, {"published_at": "when"}).fetch().articles == (expected,)
    assert fetched.refused == {"not JSON": 1, "no JSON object": 1}


def test_a_file_that_cannot_be_news_says_what_to_do(tmp_path: Path) -> None:
    """An absent file, an unknown ending, a missing column and a damaged Parquet are refused whole."""
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    for name, said in (
        ("none.csv", "can't be read"),
        ("a.txt", "ends in none"),
        ("a.csv", "--column"),
        ("a.parquet", "no Parquet"),
    ):
        with pytest.raises(BadDataError, match=said):
            FileNews(tmp_path / name, {}).fetch()


def test_a_feed_is_read_from_its_bytes() -> None:
    """Title, address and time of the entry come out: 08:00 in New York is 12:00 UTC."""
    (article,) = parse_feed(RSS, name="x").articles
    assert (article.headline, article.url) == ("Acme & Co rise", "https://example.com/1")
    assert str(article.published_at) == "2024-05-01 12:00:00+00:00"
    with pytest.raises(BadDataError, match="no RSS or Atom"):
        parse_feed(b"<html><body>Not found</body></html>", name="x")


def _feed(answer: httpx.Response, **bounds: int) -> FeedNews:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: answer))
    return FeedNews("https://example.com/feed", client=client, **bounds)  # type: ignore[arg-type]


def test_a_fetch_is_bounded_and_a_failure_can_be_repeated() -> None:
    """A whole feed is read; an error status and an answer over the bound are unavailable, not half-read."""
    assert len(_feed(httpx.Response(200, content=RSS)).fetch().articles) == 1
    with pytest.raises(UnavailableError, match="503"):
        _feed(httpx.Response(503)).fetch()
    with pytest.raises(UnavailableError, match="larger than 10 bytes"):
        _feed(httpx.Response(200, content=RSS), most_bytes=10).fetch()


def test_labelled_texts_are_read_or_counted(tmp_path: Path) -> None:
    """Known labels are in our words; the others and empty texts are counted."""
    path = tmp_path / "a.csv"
    path.write_text("text,label\nUp,1\nDown,bearish\nEh,maybe\n,0\n")
    read = read_labelled(path, text="text", label="label", labels=Labels(sentiment_label))
    assert (read.texts, read.labels) == (["Up", "Down"], ["positive", "negative"])
    assert read.refused == {"label unknown": 1, "no text": 1}


def test_a_transformer_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Without a model in the folder nothing is scored and the text says what to do."""
    with pytest.raises(ConfigurationError, match=r"config\.json"):
        TransformerScorer(tmp_path)


def test_passwords_and_keys_of_an_address_are_never_shown() -> None:
    """Neither the name on record nor a message holds them; other parameters tell feeds apart and stay."""
    feed = FeedNews("https://me:pass@example.com/rss?s=AAPL&apikey=abc&access_token=def#x")
    assert feed.shown == "https://example.com/rss?s=AAPL&apikey=\u2026&access_token=\u2026#x"
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    with pytest.raises(UnavailableError) as refused:
        replace(feed, client=client).fetch()
    assert not {"pass", "abc", "def"} & set(str(refused.value).replace("=", " ").replace("@", " ").split())
    assert "apikey=abc" not in str(refused.value)


def test_a_pause_is_as_long_as_the_header_says_within_an_hour() -> None:
    """Seconds are taken; a date, nothing and nonsense are a minute; a day is an hour, a negative number none."""
    given = ["3", "86400", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", None, "soon", "nan"]
    assert [retry_after_s(header) for header in given] == [3, 3_600, 0, 60, 60, 60, 60]
    with pytest.raises(AskedTooOftenError) as refused:
        _feed(httpx.Response(429, headers={"Retry-After": "90"})).fetch()
    assert refused.value.retry_after_s == 90
