"""News from files and feeds, and labelled texts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.models.sentiment_transformer import TransformerScorer
from adapters.news.files import FileNews
from adapters.news.labelled_texts import Labels, named_labels, read_labelled
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


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"\x1f\x8b\x08\x00" + bytes(range(256)), "compressed by gzip.*Unpack it"),
        ("a.csv", b"PK\x03\x04" + bytes(range(256)), "Excel workbook.*save it as CSV"),
        ("a.csv", bytes(range(256)) * 20, "binary file of no known kind"),
        ("a.jsonl", b"SQLite format 3\x00" + bytes(200), "SQLite database"),
        ("a.parquet", b"PAR1" + bytes(range(256)), "no Parquet file"),
        ("a.csv", b"\x01\x02\x03,\x7f\x1b[31m\n1,2\n", "no column"),
        ("a.csv", ("x" * 5_000 + "\n").encode(), "no column"),
    ],
)
def test_a_file_of_bytes_ends_in_a_sentence(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """Whoever takes texts says what the file is and the way out, on one printable line of some hundred characters."""
    path = tmp_path / name
    path.write_bytes(data)
    for read in (
        lambda: FileNews(path, {}).fetch(),
        lambda: read_labelled(path, text="text", label="label", labels=Labels(sentiment_label)),
    ):
        with pytest.raises(BadDataError, match=said) as refused:
            read()
        message = str(refused.value)
        assert message.isprintable()
        assert len(message) < 600 + len(str(path))


def test_labelled_texts_come_from_parquet_json_lines_and_any_delimiter(tmp_path: Path) -> None:
    """The same two rows in six files, one of them Parquet under the name of a CSV."""
    table = pa.table({"sentence": ["Up", "Down"], "tone": ["pos", "-1"]})
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table, tmp_path / "b.csv")
    (tmp_path / "c.jsonl").write_text('{"sentence": "Up", "tone": "positive"}\n{"sentence": "Down", "tone": -1}\n')
    (tmp_path / "d.json").write_text('[{"sentence": "Up", "tone": 1.0}, {"sentence": "Down", "tone": "Bearish"}]')
    (tmp_path / "e.csv").write_text("sentence;tone\nUp;+1\nDown;NEG\n")
    (tmp_path / "f.tsv").write_text("sentence\ttone\nUp\tbullish\nDown\tnegative\n")
    for path in sorted(tmp_path.iterdir()):
        read = read_labelled(path, text="sentence", label="tone", labels=Labels(sentiment_label))
        assert (read.texts, read.labels) == (["Up", "Down"], ["positive", "negative"]), path.name


def test_numbered_labels_are_never_guessed(tmp_path: Path) -> None:
    """A 2 says that 0, 1, 2 are numbers of labels: refused until the order is told, or told by the file itself."""
    table = pa.table({"text": ["Up", "Down", "Eh"], "label": [2, 0, 1]})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path)
    with pytest.raises(BadDataError, match="--labels negative,neutral,positive"):
        read_labelled(path, text="text", label="label", labels=Labels(sentiment_label, (), numbers_need_names=True))
    told = Labels(sentiment_label, named_labels("negative,neutral,positive", sentiment_label))
    expected = ["positive", "negative", "neutral"]
    assert read_labelled(path, text="text", label="label", labels=told).labels == expected
    features = {"info": {"features": {"label": {"names": ["negative", "neutral", "positive"]}}}}
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(features)}), path)
    itself = Labels(sentiment_label, (), numbers_need_names=True)
    assert read_labelled(path, text="text", label="label", labels=itself).labels == expected
    with pytest.raises(BadDataError, match="no labels"):
        named_labels("good,bad", sentiment_label)


def test_a_feed_that_gives_days_gives_days() -> None:
    """A date without a time stays one, where feedparser makes midnight of it; with a time it is a time."""
    day = RSS.replace(b"Wed, 01 May 2024 08:00:00 -0400", b"2024-05-01")
    (article,) = parse_feed(day, name="x").articles
    assert article.published_at == date(2024, 5, 1)
    assert not isinstance(article.published_at, datetime)
