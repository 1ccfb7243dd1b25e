//! The newcomer's command.

use crate::harness::{gisa, run};

#[test]
fn the_demo_shows_the_whole_pipeline() {
    let finished = run(gisa().arg("demo").env("NO_COLOR", "1"));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(finished.stderr, "");
    for expected in [
        "together                           62          1          5          1",
        "[네이버클라우드|ORG]",
        "네이버클라우드 → org:naver-cloud",
        "$ gisa search 하이퍼클로바X",
        "[하이퍼클로바X]",
        "WITHDRAWN  dureum-gyeongje",
        "(ARTICLE_RETRACTED)",
        "gisa dev",
    ] {
        assert!(
            finished.stdout.contains(expected),
            "{expected} is missing:\n{}",
            finished.stdout
        );
    }
    assert!(!finished.stdout.contains('\u{1b}'), "colours without a terminal");
    // The path of the binary is as long as it is.
    let lines = finished
        .stdout
        .lines()
        .filter(|line| !line.starts_with("export PATH="));
    let widest = lines.map(unicode_width::UnicodeWidthStr::width).max();
    assert!(widest <= Some(100), "{widest:?} columns");
}

#[test]
fn colours_can_be_forced() {
    let finished = run(gisa().args(["demo", "--color", "always"]));
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(
        finished
            .stdout
            .contains("\u{1b}[1m\u{1b}[36m네이버클라우드\u{1b}[0m"),
        "{}",
        finished.stdout
    );
}
