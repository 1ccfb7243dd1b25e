//! Clients of a real server.

use std::{collections::HashSet, fmt::Write as _, fs, path::Path, thread, time::Duration, time::Instant};

use serde_json::{Value, json};

use crate::harness::{Background, Dev};

fn seeds(name: &str) -> String {
    format!("{}/../../seeds/articles/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn ids(objects: &[Value]) -> HashSet<String> {
    objects
        .iter()
        .map(|object| object["article_id"].as_str().unwrap().to_owned())
        .collect()
}

fn write_articles(file: &Path, count: usize) {
    let mut text = String::new();
    for number in 0..count {
        let body = format!(
            "서울시는 {}일 부산과 함께 {number}번째 시험을 했다.",
            number % 28 + 1
        );
        let article =
            json!({"id": number, "title": format!("시험 기사 {number}"), "body": body, "source": "test"});
        writeln!(text, "{article}").unwrap();
    }
    fs::write(file, text).unwrap();
}

#[test]
fn articles_go_in_and_come_out() {
    let directory = tempfile::tempdir().unwrap();
    let dev = Dev::start(directory.path());
    let mut watch =
        Background::start(
            dev.command()
                .args(["watch", "--source", "dureum-gyeongje", "--checkpoints"]),
        );
    assert_eq!(watch.next().unwrap()["kind"], "CHECKPOINT");

    let results = dev.objects(&["ingest", "--wait", &seeds("dureum-gyeongje.ndjson")]);
    let count = |outcome: &str| {
        results
            .iter()
            .filter(|result| result["outcome"] == outcome)
            .count()
    };
    assert_eq!((results.len(), count("CREATED"), count("RETRACTED")), (9, 8, 1));
    let again = dev.run(&["ingest", &seeds("dureum-gyeongje.ndjson")]);
    // The retracted article is refused for good.
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(
        again.stderr.contains("dureum-gyeongje.ndjson:2: refused: "),
        "{}",
        again.stderr
    );
    assert!(again.stderr.contains("(ARTICLE_RETRACTED)"), "{}", again.stderr);
    assert!(
        again
            .stderr
            .contains("0 created, 8 unchanged, 0 corrected, 0 retracted, 1 refused"),
        "{}",
        again.stderr
    );
    assert_eq!(again.stdout, "");

    let hits = dev.objects(&["search", "수출", "--section", "경제", "--from", "2026-09-01"]);
    let hit = hits.iter().find(|hit| hit["external_id"] == "D26092102").unwrap();
    assert!(hit["score"].as_f64().unwrap() > 0.0);
    let highlight = &hit["highlights"][0];
    assert_eq!(highlight["surface"], "수출");
    let (start, end) = (
        highlight["start"].as_u64().unwrap(),
        highlight["end"].as_u64().unwrap(),
    );
    let field = hit[highlight["field"].as_str().unwrap()].as_str().unwrap_or("");
    let cut: String = field
        .chars()
        .skip(start as usize)
        .take((end - start) as usize)
        .collect();
    assert_eq!(cut, "수출");
    let all = dev.objects(&["search", "--order", "oldest", "--all"]);
    assert_eq!(all.len(), 7);
    assert_eq!(all[0]["external_id"], "D26090301");
    assert_eq!(dev.objects(&["search", "--limit", "2"]).len(), 2);

    let id = hit["article_id"].as_str().unwrap();
    let article = dev.objects(&["get", id]).remove(0);
    assert_eq!(article["revision"], 1);
    let body: Vec<char> = article["body"].as_str().unwrap().chars().collect();
    for mention in article["mentions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|mention| mention["field"] == "body")
    {
        let range = mention["start"].as_u64().unwrap() as usize..mention["end"].as_u64().unwrap() as usize;
        assert_eq!(
            body[range].iter().collect::<String>(),
            mention["surface"].as_str().unwrap()
        );
    }
    let topic = article["topics"][0]["topic"].as_str().unwrap();
    let of_topic = dev.objects(&["search", "--topic", topic, "--all"]);
    assert!(
        of_topic
            .iter()
            .any(|hit| hit["article_id"] == article["article_id"])
    );
    assert_eq!(dev.run(&["get", "no-such-article"]).code, 4);

    let retraction = dev.objects(&[
        "retract",
        "--source",
        "dureum-gyeongje",
        "--external-id",
        "D26092102",
        "--reason",
        "오보",
    ]);
    assert_eq!(retraction[0]["outcome"], "RETRACTED");
    let gone = dev.run(&[
        "get",
        id,
        "--write-token",
        retraction[0]["write_token"].as_str().unwrap(),
    ]);
    assert_eq!(gone.code, 4, "{}", gone.stderr);
    assert!(gone.stderr.contains("(ARTICLE_RETRACTED)"), "{}", gone.stderr);

    let mut told = Vec::new();
    while let Some(event) = watch.next() {
        let last = event["kind"] == "WITHDRAWN" && event["article_id"] == id;
        told.push(event);
        if last {
            break;
        }
    }
    let kinds = |wanted: &str| told.iter().filter(|event| event["kind"] == wanted).count();
    assert_eq!((kinds("PUBLISHED"), kinds("WITHDRAWN")), (8, 2));
    assert_eq!(told.last().unwrap()["reason"], "오보");
    drop(watch);
    assert_eq!(dev.terminate(), 0);
}

#[test]
fn bad_articles_are_reported_and_stop_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let dev = Dev::start(&directory.path().join("data"));
    let file = directory.path().join("mixed.ndjson");
    let long = "가".repeat(1001);
    let lines = [
        r#"{"id": 1, "title": "하나", "body": "본문"}"#.to_owned(),
        r#"{"id": 2, "title": "둘", "#.to_owned(),
        r#"{"id": 3, "title": "셋"}"#.to_owned(),
        format!(r#"{{"id": 4, "title": "{long}", "body": "본문"}}"#),
        r#"{"id": 5, "title": "다섯", "body": "본문", "published_at": "2024-04-03"}"#.to_owned(),
    ];
    fs::write(&file, lines.join("\n")).unwrap();
    let name = file.to_str().unwrap();
    let finished = dev.run(&["--output", "json", "ingest", "--wait", name, "/no/such/file"]);
    assert_eq!(finished.code, 1, "{}", finished.stderr);
    let results = finished.objects();
    assert_eq!(results.len(), 6);
    let refused = results.iter().find(|result| result["line"] == 4).unwrap();
    assert_eq!(refused["error"]["reason"], "INVALID_FIELD");
    for expected in [
        &format!("{name}:2: broken JSON"),
        &format!("{name}:3: `body` is missing or empty"),
        &format!("{name}:4: refused: "),
        "/no/such/file:1: cannot read the file",
        "2 created, 0 unchanged, 0 corrected, 0 retracted, 4 refused",
    ] {
        assert!(
            finished.stderr.contains(expected),
            "{expected} is missing: {}",
            finished.stderr
        );
    }
    let found = dev.objects(&["search", "다섯"]);
    assert_eq!(found[0]["published_at"], "2024-04-03T00:00:00+09:00");
}

#[test]
fn the_dictionary_changes_while_the_server_runs() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = directory.path().join("article.ndjson");
    let write = |id: u32| {
        let article = json!({"id": id, "title": "해오름누리테크, 새 공장", "body": "공장이 문을 연다."});
        fs::write(&file, article.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let dev = Dev::start(&data);
    let id = "org:haeoreum-nuri-tech";
    let upsert = [
        "entity",
        "upsert",
        id,
        "해오름누리테크",
        "--alias",
        "해오름누리",
        "--external-id",
        "krx=1",
    ];
    let written = dev.objects(&upsert).remove(0);
    assert_eq!(
        (&written["changed"], &written["dictionary_version"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(dev.objects(&upsert)[0]["changed"], json!(false));
    let entity = dev.objects(&["entity", "get", id]).remove(0);
    assert_eq!(
        (&entity["origin"], &entity["type"], &entity["external_ids"]["krx"]),
        (&json!("CHANGED"), &json!("ORGANIZATION"), &json!("1"))
    );
    dev.objects(&["ingest", "--wait", &write(1)]);
    let found = dev.objects(&["search", "--entity", id]);
    assert_eq!((found.len(), found[0]["external_id"].as_str()), (1, Some("1")));

    // Started with the next change, the older articles follow.
    let other = "org:haeoreum-factory";
    dev.objects(&["entity", "upsert", other, "공장이"]);
    let ended = dev
        .objects(&["retag", "start", "--changed-after", "1", "--id", "r-1"])
        .remove(0);
    assert_eq!(
        (&ended["state"], &ended["matched"]),
        (&json!("DONE"), &json!(1)),
        "{ended}"
    );
    assert_eq!(
        dev.objects(&["retag", "status", "r-1", "--follow"]).remove(0),
        ended
    );
    assert_eq!(dev.objects(&["retag", "list"]).len(), 1);
    assert_eq!(dev.run(&["retag", "cancel", "r-1"]).code, 1);
    assert_eq!(dev.run(&["retag", "resume", "r-2"]).code, 4);
    assert_eq!(
        dev.run(&["retag", "start"]).code,
        2,
        "all of them only on purpose"
    );
    dev.objects(&["entity", "delete", other]);

    let stale = dev.run(&["entity", "delete", id, "--etag", "0"]);
    assert_eq!(stale.code, 1, "{}", stale.stderr);
    assert!(stale.stderr.contains("(ETAG_MISMATCH)"), "{}", stale.stderr);
    assert_eq!(dev.objects(&["entity", "list", "--changed"]).len(), 1);
    let listed = dev.run(&[
        "entity",
        "list",
        "네이버",
        "--type",
        "organization",
        "--limit",
        "2",
    ]);
    assert_eq!(
        (listed.code, listed.stdout.lines().count()),
        (0, 2),
        "{}",
        listed.stderr
    );
    assert!(listed.stderr.contains("--all shows all"), "{}", listed.stderr);
    let refused = dev.run(&["entity", "upsert", id, "AI"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("entity.name"), "{}", refused.stderr);
    dev.kill();

    let dev = Dev::start(&data);
    let etag = written["etag"].as_str().unwrap();
    let deleted = dev.objects(&["entity", "delete", id, "--etag", etag]);
    assert_eq!(deleted[0]["dictionary_version"], json!(4));
    assert_eq!(dev.run(&["entity", "get", id]).code, 4);
    dev.objects(&["ingest", "--wait", &write(2)]);
    assert_eq!(
        dev.objects(&["search", "--entity", id]).len(),
        1,
        "only the first article"
    );
    assert_eq!(dev.terminate(), 0);
}

#[test]
fn a_killed_server_loses_nothing_that_it_acknowledged() {
    const ARTICLES: usize = 3000;
    const BEFORE_THE_KILL: usize = 500;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = directory.path().join("many.ndjson");
    write_articles(&file, ARTICLES);

    let dev = Dev::start(&data);
    let port = dev.port();
    let limit = ARTICLES.to_string();
    let watch = Background::start(
        dev.command()
            .args(["watch", "--since", "1970-01-01", "--limit", &limit]),
    );
    let mut ingest = Background::start(dev.command().args(["ingest", "--retry-for", "2m"]).arg(&file));
    let mut acknowledged: Vec<Value> = (0..BEFORE_THE_KILL).map(|_| ingest.next().unwrap()).collect();
    dev.kill();

    let dev = Dev::start_on(&data, port);
    let (rest, code) = ingest.finish();
    assert_eq!(code, 0);
    acknowledged.extend(rest);
    let expected = ids(&acknowledged);
    assert_eq!((acknowledged.len(), expected.len()), (ARTICLES, ARTICLES));

    let begun_at = Instant::now();
    let found = loop {
        let found = ids(&dev.objects(&["search", "--all"]));
        if found.len() >= ARTICLES || begun_at.elapsed() > Duration::from_secs(120) {
            break found;
        }
        thread::sleep(Duration::from_millis(200));
    };
    assert!(
        found == expected,
        "{} of {ARTICLES} articles are there",
        found.len()
    );

    // The watch went on by itself, without gap and without repeat.
    let (told, code) = watch.finish();
    assert_eq!(code, 0);
    assert_eq!(told.len(), ARTICLES);
    assert!(ids(&told) == expected);
}
