//! Tests of the readers.

use std::io::{BufReader, Cursor};

use gisa_article_model::PublicationState;
use proptest::prelude::*;

use super::*;

fn read_as(name: &str, bytes: &[u8], format: Format) -> Vec<Result<ReadArticle, Unreadable>> {
    // A small buffer, so that parts are cut at all kinds of places.
    let reader = BufReader::with_capacity(7, Cursor::new(bytes.to_vec()));
    ArticleFile::new(name, reader, format).unwrap().collect()
}

fn read(name: &str, text: &str) -> Vec<Result<ReadArticle, Unreadable>> {
    read_as(name, text.as_bytes(), Format::Auto)
}

/// `line: title` of what was read, `line! problem` of what was not.
fn outline(read: &[Result<ReadArticle, Unreadable>]) -> Vec<String> {
    read.iter()
        .map(|article| match article {
            Ok(article) => format!(
                "{}: {}",
                article.location.line,
                article.fields.title.as_deref().unwrap_or("-")
            ),
            Err(unreadable) => format!("{}! {}", unreadable.location.line, unreadable.problem),
        })
        .collect()
}

#[test]
fn ndjson_is_read_line_by_line() {
    let text = "{\"title\": \"하나\"}\r\n\n{\"title\": \"둘\", \n{\"title\": \"셋\"}";
    assert_eq!(
        outline(&read("a.ndjson", text)),
        [
            "1: 하나",
            "3! broken JSON: EOF while parsing a value (column 17)",
            "4: 셋"
        ]
    );
}

#[test]
fn json_is_read_over_lines_and_in_arrays() {
    let object = "{\n  \"title\": \"중괄호 } 와 \\\"따옴표\\\"\",\n  \"authors\": [{\"name\": \"가\"}]\n}";
    assert_eq!(outline(&read("a.json", object)), ["1: 중괄호 } 와 \"따옴표\""]);
    let array = format!("\u{feff}[\n{object},\n{object}\n]\n");
    assert_eq!(
        outline(&read("-", &array)),
        ["2: 중괄호 } 와 \"따옴표\"", "6: 중괄호 } 와 \"따옴표\""]
    );
    assert_eq!(
        outline(&read("-", "[{\"title\":\"하나\"},3,{\"title\":\"둘\"}]")),
        ["1: 하나", "1! not a JSON object", "1: 둘"]
    );
    assert_eq!(outline(&read("-", "[]")), [""; 0]);
}

#[test]
fn a_broken_object_does_not_take_the_others_with_it() {
    let text = "[\n {\n  \"title\": \"하나\n },\n {\n  \"title\": \"둘\",\n  \"authors\": [\n   {\"name\": \"가\"}\n  ]\n },\n {\"title\": 3,}\n]";
    assert_eq!(
        outline(&read("a.json", text)),
        [
            "3! broken JSON: a string is not closed on its line",
            "5: 둘",
            "11! broken JSON: trailing comma (column 13)"
        ]
    );
    assert_eq!(
        outline(&read("a.json", "[\n{\"title\": \"하나\"},\n{\"title\": ")),
        [
            "2: 하나",
            "3! broken JSON: the object that begins here is not closed"
        ]
    );
    assert_eq!(
        outline(&read("a.json", "[\n{\"title\": \"하나\"},\n")),
        [
            "2: 하나",
            "1! the array that begins here is not closed; is the file complete?"
        ]
    );
}

#[test]
fn plain_text_is_a_title_and_a_body() {
    let text = "\n[속보] 첫 기사\n본문 하나\r\n본문 둘\n\n\n제목뿐\n \n둘째 기사\n본문\n";
    let read = read("-", text);
    assert_eq!(
        outline(&read),
        [
            "2: [속보] 첫 기사",
            "7! a title without a body: the body begins on the line after the title",
            "9: 둘째 기사"
        ]
    );
    assert_eq!(
        read[0].as_ref().unwrap().fields.body.as_deref(),
        Some("본문 하나\n본문 둘")
    );
}

#[test]
fn all_fields_are_read() {
    let text = r#"{"id": 12, "source": "s", "url": "https://a.example", "section": "경제", "title": "t",
        "subtitle": "u", "body": "b", "authors": ["가", {"name": "나", "email": "na@a.example"}], "language": "ko",
        "published_at": "2024-04-03", "status": "withheld", "reason": "r", "copyright": "c", "keywords": [],
        "article_id": null}"#;
    let article = read("a.json", text).remove(0).unwrap();
    assert_eq!(article.unknown_keys, ["keywords"]);
    let fields = article.fields;
    assert_eq!(fields.external_id.as_deref(), Some("12"));
    assert_eq!(fields.article_id, None);
    assert_eq!(fields.authors[1].email, "na@a.example");
    assert_eq!(fields.status, Some(PublicationState::Withheld));
    assert_eq!(
        fields.published_at.unwrap().to_string(),
        "2024-04-03T00:00:00+09:00"
    );
    assert_eq!(fields.copyright.as_deref(), Some("c"));
}

#[test]
fn wrong_values_are_explained() {
    for (text, expected) in [
        (r#"{"title": 3}"#, "`title` must be a string, not a number"),
        (
            r#"{"id": 1.5}"#,
            "`id` must be a string or an integer, not a number",
        ),
        (r#"{"id": "a", "external_id": "b"}"#, "differ"),
        (
            r#"{"published_at": "gestern"}"#,
            "`published_at`: `gestern` is no date",
        ),
        (
            r#"{"status": "deleted"}"#,
            "use usable, corrected, withheld or retracted",
        ),
        (r#"{"authors": "가"}"#, "`authors` must be an array, not a string"),
        (r#"{"authors": [{}]}"#, "an author has no `name`"),
        (r#"["title"]"#, "not a JSON object"),
    ] {
        let problem = read("a.ndjson", text).remove(0).unwrap_err().problem;
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}

#[test]
fn other_encodings_are_recognised() {
    let korean = b"{\"title\": \"\xc7\xd1\xb1\xdb\"}\n{\"title\": \"ok\"}\n";
    let read = read_as("a.ndjson", korean, Format::Auto);
    assert!(
        read[0]
            .as_ref()
            .unwrap_err()
            .problem
            .starts_with("not UTF-8 (at byte 12)")
    );
    assert!(read[1].is_ok());
    let utf16 = read_as("a.json", b"\xff\xfe{\0}\0", Format::Auto);
    assert!(utf16[0].as_ref().unwrap_err().problem.contains("UTF-16"));
    assert_eq!(utf16.len(), 1);
}

#[test]
fn the_memory_for_one_article_is_bounded() {
    let long = "x".repeat(MAX_ARTICLE_BYTES);
    let text = format!("{{\"title\": \"{long}\"}}\n{{\"title\": \"next\"}}\n");
    for format in [Format::Ndjson, Format::Json] {
        assert_eq!(
            outline(&read_as("a", text.as_bytes(), format)),
            ["1! larger than 16 MiB", "2: next"]
        );
    }
    let text = format!("title\n{long}\n\nnext\nbody\n");
    assert_eq!(
        outline(&read_as("a", text.as_bytes(), Format::Text)),
        ["1! larger than 16 MiB", "4: next"]
    );
}

fn formats() -> impl Strategy<Value = Format> {
    prop_oneof![
        Just(Format::Auto),
        Just(Format::Ndjson),
        Just(Format::Json),
        Just(Format::Text)
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_reported(bytes in proptest::collection::vec(any::<u8>(), 0..200), format in formats()) {
        read_as("-", &bytes, format);
    }

    #[test]
    fn anything_like_json_is_read_or_reported(
        text in r#"([\[\]{},:"\\ \n]|"title"|"body"|"id"|12|null|가){0,60}"#, format in formats()
    ) {
        read_as("-", text.as_bytes(), format);
    }

    #[test]
    fn what_was_written_is_read(titles in proptest::collection::vec("[가-힣a-z\\\\\"{}\\[\\], ]{1,20}", 1..8)) {
        let objects: Vec<serde_json::Value> =
            titles.iter().map(|title| serde_json::json!({"title": title, "authors": [{"name": title}]})).collect();
        let lines: Vec<String> = objects.iter().map(ToString::to_string).collect();
        for text in [lines.join("\n"), serde_json::to_string(&objects).unwrap(), serde_json::to_string_pretty(&objects).unwrap()] {
            let read: Vec<String> =
                read("-", &text).into_iter().map(|article| article.unwrap().fields.title.unwrap()).collect();
            prop_assert_eq!(&read, &titles);
        }
    }
}
