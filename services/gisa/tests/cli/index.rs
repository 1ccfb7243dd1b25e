//! `gisa index` on a running server.

use std::fs;

use serde_json::{Value, json};

use crate::harness::Dev;

fn one(mut objects: Vec<Value>) -> Value {
    assert_eq!(objects.len(), 1, "{objects:?}");
    objects.remove(0)
}

#[test]
fn an_index_is_shown_and_rebuilt() {
    let directory = tempfile::tempdir().unwrap();
    let dev = Dev::start(&directory.path().join("data"));
    let file = directory.path().join("articles.ndjson");
    let article =
        json!({"id": 1, "title": "네이버클라우드가 발표했다", "body": "새 모델이다.", "source": "test"});
    fs::write(&file, article.to_string()).unwrap();
    assert_eq!(
        dev.objects(&["ingest", "--wait", file.to_str().unwrap()]).len(),
        1
    );

    let before = one(dev.objects(&["index", "status"]));
    assert_eq!(before["generation"], 1);
    assert_eq!(
        (&before["visible_articles"], &before["ready"], &before["rebuild"]),
        (&1.into(), &true.into(), &Value::Null)
    );
    let rebuilt = one(dev.objects(&["index", "rebuild"]));
    assert_eq!(
        (&rebuilt["generation"], &rebuilt["visible_articles"]),
        (&2.into(), &1.into())
    );
    assert_eq!(dev.objects(&["search", "네이버클라우드"]).len(), 1);

    let table = dev.run(&["index", "status"]);
    assert!(
        table.stdout.contains("generation  2\n") && table.stdout.contains("1 visible, 1 versions"),
        "{}",
        table.stdout
    );
    let told = dev.run(&["index", "rebuild"]);
    assert!(
        told.stderr.contains("generation 3 of the index answers"),
        "{}",
        told.stderr
    );
}
