//! What needs no server.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use serde_json::json;

use crate::harness::{gisa, run};

#[test]
fn tag_writes_one_object_an_article() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("articles.json");
    let text = r#"[
      {"id": 12, "published_at": "2024-04-03", "title": "네이버 검색 개편", "body": "네이버는 3일 검색을 고쳤다.", "url": null},
      {"id": "b", "published_at": "2024-04-03", "title": "제목 3억 원", "body": "😀 값은 5%다.", "memo": 1}
    ]"#;
    fs::write(&file, text).unwrap();
    let finished = run(gisa().args(["tag", "--output", "json"]).arg(&file));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(
        finished.stderr.contains("key `memo` is not known"),
        "{}",
        finished.stderr
    );
    let objects = finished.objects();
    assert_eq!(objects[0]["id"], json!(12));
    assert_eq!(objects[1]["id"], json!("b"));

    let parts: Vec<&String> = objects[0].as_object().unwrap().keys().collect();
    assert_eq!(parts, ["entities", "id", "mentions", "relations", "topics"]);

    let mention = &objects[0]["mentions"][0];
    let keys: Vec<&String> = mention.as_object().unwrap().keys().collect();
    let mut expected = [
        "field",
        "start",
        "end",
        "surface",
        "type",
        "value",
        "entity_id",
        "confidence",
        "layer",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(
        (
            &mention["field"],
            &mention["start"],
            &mention["end"],
            &mention["type"],
            &mention["entity_id"]
        ),
        (
            &json!("title"),
            &json!(0),
            &json!(3),
            &json!("ORGANIZATION"),
            &json!("org:naver")
        )
    );
    let by_surface = |object: usize, surface: &str| {
        let mentions = objects[object]["mentions"].as_array().unwrap();
        mentions
            .iter()
            .find(|mention| mention["surface"] == surface)
            .unwrap()
            .clone()
    };
    // The article is of this day in Korea; in UTC it is still the day before, and the 3rd would be last month's.
    assert_eq!(by_surface(0, "3일")["value"], json!("2024-04-03"));
    assert_eq!(by_surface(1, "3억 원")["value"], json!("300000000 KRW"));
    // Offsets count code points: the emoji is one.
    assert_eq!(by_surface(1, "5%")["start"], json!(5));
}

#[test]
fn tag_explains_where_mentions_come_from() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("article.json");
    let text = r#"{"title": "네이버 검색 개편", "body": "네이버는 2024년 4월 3일 검색을 고쳤다."}"#;
    fs::write(&file, text).unwrap();

    let finished = run(gisa().args(["tag", "--explain", "--output", "json"]).arg(&file));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    let object = finished.objects().remove(0);
    let explained = object["explanation"]["mentions"].as_array().unwrap();
    assert_eq!(explained.len(), object["mentions"].as_array().unwrap().len());
    let proposals = explained[0]["proposals"].as_array().unwrap();
    let entry = proposals
        .iter()
        .find(|proposal| proposal["layer"] == "dictionary")
        .unwrap();
    assert_eq!(
        (&entry["field"], &entry["start"], &entry["end"], &entry["type"]),
        (&json!("title"), &json!(0), &json!(3), &json!("ORGANIZATION"))
    );
    assert_eq!(entry["detail"], json!("org:naver via name 네이버"));
    assert!(explained.iter().all(|mention| mention["decision"].is_string()));

    let finished = run(gisa().args(["tag", "--explain"]).arg(&file));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(
        finished.stdout.contains("org:naver via name 네이버"),
        "{}",
        finished.stdout
    );
}

#[test]
fn tag_reads_standard_input_and_reports_what_it_cannot_read() {
    let mut child = gisa()
        .args(["tag", "--output", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "{\"id\": 1, \"title\": \"서울\"}\n{\"id\": 2, \"title\": \n{\"id\": 3}\n{\"id\": 4, \"body\": \"부산\"}\n";
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
    assert!(stderr.contains("-:2: broken JSON"), "{stderr}");
    assert!(stderr.contains("-:3: there is no text"), "{stderr}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("many.ndjson");
    let line = format!(
        "{{\"title\": \"서울\", \"body\": \"{}\"}}\n",
        "부산에서 대전까지 ".repeat(50)
    );
    fs::write(&file, line.repeat(2000)).unwrap();
    for form in ["json", "table"] {
        let mut child = gisa()
            .args(["tag", "--output", form])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    let code = |arguments: &[&str]| run(gisa().args(arguments)).code;
    assert_eq!(code(&["--help"]), 0);
    assert_eq!(code(&["tag", "/no/such/file.json"]), 1);
    assert_eq!(code(&["frobnicate"]), 2);
    assert_eq!(code(&["retract"]), 2);
    assert_eq!(code(&["search", "--from", "yesterday"]), 2);
    assert_eq!(code(&["search", "--server", "localhost:7700"]), 2);
    assert_eq!(code(&["dev", "--set", "no.such=1"]), 2);
    // Port 9 is discard: nobody listens.
    for command in [["get", "a"], ["search", "a"], ["retract", "a"]] {
        let finished = run(gisa().args(["--server", "http://127.0.0.1:9"]).args(command));
        assert_eq!(finished.code, 3, "{command:?}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("cannot reach http://127.0.0.1:9"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn completions_are_written_for_five_shells() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let finished = run(gisa().args(["completions", shell]));
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert!(finished.stdout.contains("retract"), "{shell}");
    }
}

#[test]
fn dev_shows_its_settings() {
    let finished = run(gisa().args([
        "dev",
        "--print-config",
        "--data-dir",
        "/tmp/x",
        "--listen",
        "127.0.0.1:7",
    ]));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(
        finished.stdout.contains("data_dir = \"/tmp/x\""),
        "{}",
        finished.stdout
    );
    assert!(
        finished.stdout.contains("listen = \"127.0.0.1:7\""),
        "{}",
        finished.stdout
    );
}
