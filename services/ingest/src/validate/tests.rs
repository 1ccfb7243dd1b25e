//! Tests of validation and normalisation.

use proptest::prelude::*;
use unicode_normalization::is_nfc;

use super::*;

const LIMIT: usize = 512 * 1024;

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn given() -> GivenArticle {
    GivenArticle {
        title: "제목".into(),
        body: "본문".into(),
        ..Default::default()
    }
}

fn check(given: GivenArticle) -> Result<Submission, Invalid> {
    article(given, LIMIT, now())
}

/// The one violation of a submission.
fn violation(change: impl FnOnce(&mut GivenArticle)) -> (String, String) {
    let mut given = given();
    change(&mut given);
    let violations = check(given).unwrap_err().violations;
    assert_eq!(violations.len(), 1, "{violations:?}");
    (violations[0].field.clone(), violations[0].problem.clone())
}

fn accepted(change: impl FnOnce(&mut GivenArticle)) -> Submission {
    let mut given = given();
    change(&mut given);
    check(given).unwrap()
}

#[test]
fn a_minimal_article_gets_the_defaults() {
    let submission = check(given()).unwrap();
    assert_eq!(
        (submission.source.as_str(), submission.language.as_str()),
        ("unknown", "ko")
    );
    assert_eq!(
        (submission.state, submission.published_at),
        (RequestedState::Usable, None)
    );
    assert_eq!(submission.article_id.as_str().len(), 32);
}

#[test]
fn text_is_normalised_and_otherwise_left_alone() {
    let submission = accepted(|given| {
        // Decomposed Hangul, as macOS writes it.
        given.title = " \u{1112}\u{1161}\u{11AB} ".into();
        given.body = "\u{FEFF}a\r\nb\rc\n\n\td \u{200B}".into();
    });
    assert_eq!(submission.title, " 한 ");
    assert_eq!(submission.body, "\u{FEFF}a\nb\nc\n\n\td \u{200B}");

    let composed = accepted(|given| given.title = " 한 ".into());
    let decomposed = accepted(|given| given.title = " \u{1112}\u{1161}\u{11AB} ".into());
    assert_eq!(composed.article_id, decomposed.article_id);
}

#[test]
fn limits_count_characters_after_normalisation() {
    for (field, limit) in [
        ("source", 64),
        ("external_id", 256),
        ("section", 64),
        ("title", 1000),
        ("subtitle", 2000),
        ("state_reason", 1000),
        ("copyright", 500),
    ] {
        let set = |given: &mut GivenArticle, length: usize| {
            // Three code points each until they are composed.
            let text = "\u{1112}\u{1161}\u{11AB}".repeat(length);
            *match field {
                "source" => &mut given.source,
                "external_id" => &mut given.external_id,
                "section" => &mut given.section,
                "title" => &mut given.title,
                "subtitle" => &mut given.subtitle,
                "state_reason" => &mut given.state_reason,
                _ => &mut given.copyright,
            } = text;
        };
        accepted(|given| set(given, limit));
        let (path, problem) = violation(|given| set(given, limit + 1));
        assert_eq!(path, format!("article.{field}"));
        assert_eq!(
            problem,
            format!("has {} characters, at most {limit} are allowed", limit + 1)
        );
    }
}

#[test]
fn control_characters_are_named_with_their_place() {
    let (field, problem) = violation(|given| given.title = "가나\u{7}다".into());
    assert_eq!(field, "article.title");
    assert_eq!(
        problem,
        "has the control character U+0007 at offset 2 (in code points)"
    );

    for control in ['\0', '\u{B}', '\u{1B}', '\u{7F}', '\u{85}', '\u{9F}'] {
        assert_eq!(
            violation(|given| given.body = format!("a{control}")).0,
            "article.body"
        );
    }
    assert_eq!(
        violation(|given| given.title = "a\r\nb".into()).0,
        "article.title"
    );
    assert_eq!(
        violation(|given| given.subtitle = "a\tb".into()).0,
        "article.subtitle"
    );
    assert_eq!(
        violation(|given| given.source = "a\nb".into()).0,
        "article.source"
    );
    accepted(|given| given.subtitle = "a\r\nb".into());
    accepted(|given| given.state_reason = "a\nb".into());
}

#[test]
fn blank_text_is_refused() {
    for blank in ["", " ", "\u{3000}\u{FEFF}", "\u{3164}", "\u{200B}\u{A0}"] {
        assert_eq!(
            violation(|given| given.title = blank.into()).0,
            "article.title",
            "{blank:?}"
        );
        assert_eq!(
            violation(|given| given.body = format!("{blank}\n\t")).0,
            "article.body"
        );
    }
}

#[test]
fn the_body_limit_is_in_bytes_of_normalised_text() {
    let decomposed = "\u{1112}\u{1161}\u{11AB}".repeat(10);
    let given = GivenArticle {
        body: decomposed,
        ..given()
    };
    assert_eq!(article(given.clone(), 30, now()).unwrap().body.len(), 30);
    let refused = article(given, 29, now()).unwrap_err();
    assert_eq!(
        refused.oversized_body,
        Some(OversizedBody { size: 30, limit: 29 })
    );
    assert_eq!(refused.violations[0].field, "article.body");
}

#[test]
fn authors_are_checked_one_by_one() {
    let author = |name: &str| Author {
        name: name.into(),
        email: String::new(),
    };
    let (field, _) = violation(|given| given.authors = vec![author("김"), author("이"), author("")]);
    assert_eq!(field, "article.authors[2].name");
    let (field, _) = violation(|given| {
        given.authors = vec![Author {
            name: "김".into(),
            email: "a".repeat(255),
        }];
    });
    assert_eq!(field, "article.authors[0].email");
    assert_eq!(
        violation(|given| given.authors = vec![author("김"); 33]).0,
        "article.authors"
    );
    assert_eq!(
        accepted(|given| given.authors = vec![author("김"); 32])
            .authors
            .len(),
        32
    );
}

#[test]
fn urls_are_absolute_and_on_the_web() {
    for good in [
        "http://a",
        "HTTPS://news.example/a?b=1#c",
        "https://한강일보.example/기사/1",
    ] {
        accepted(|given| given.url = good.into());
    }
    for wrong in [
        "news.example/a",
        "/a",
        "ftp://a/b",
        "javascript:alert(1)",
        "http:a",
        "http://",
        " http://a",
        "http://a/b c",
        "http://a:99999/",
        "한강",
    ] {
        assert_eq!(
            violation(|given| given.url = wrong.into()).0,
            "article.url",
            "{wrong}"
        );
    }
    accepted(|given| given.url = format!("http://a/{}", "x".repeat(MAX_URL_BYTES - 9)));
    violation(|given| given.url = format!("http://a/{}", "x".repeat(MAX_URL_BYTES - 8)));
}

#[test]
fn languages_look_like_tags() {
    for good in [
        "ko",
        "ko-KR",
        "en-US",
        "zh-Hant-TW",
        "de-DE-u-co-phonebk",
        "x-gisa",
    ] {
        accepted(|given| given.language = good.into());
    }
    for wrong in [
        "k",
        "ko_KR",
        "한국어",
        "ko-",
        "-ko",
        "ko--KR",
        "korean language",
        "toolongsubtag",
        "x",
        "x-",
        "k1",
    ] {
        assert_eq!(
            violation(|given| given.language = wrong.into()).0,
            "article.language",
            "{wrong}"
        );
    }
}

#[test]
fn publication_times_are_sane() {
    assert_eq!(EARLIEST_PUBLICATION, "1883-01-01T00:00:00Z".parse().unwrap());
    let at = |seconds: i64, nanoseconds: i32, utc_offset_seconds: i32| {
        move |given: &mut GivenArticle| {
            given.published_at = Some(GivenTime {
                instant: Some((seconds, nanoseconds)),
                utc_offset_seconds,
            });
        }
    };
    let day = 24 * 3600;
    let seconds = now().as_second();
    accepted(at(seconds, 999_999_999, 32_400));
    accepted(at(seconds + day, 0, -64_800));
    accepted(at(EARLIEST_PUBLICATION.as_second(), 0, 0));
    let instant = "article.published_at.instant";
    assert_eq!(violation(at(seconds + day + 1, 0, 0)).0, instant);
    assert_eq!(
        violation(at(EARLIEST_PUBLICATION.as_second() - 1, 0, 0)).0,
        instant
    );
    assert_eq!(violation(at(i64::MAX, 0, 0)).0, instant);
    assert_eq!(violation(at(seconds, -1, 0)).0, instant);
    assert_eq!(violation(at(seconds, 1_000_000_000, 0)).0, instant);
    let offset = "article.published_at.utc_offset_seconds";
    assert_eq!(violation(at(seconds, 0, 64_801)).0, offset);
    assert_eq!(violation(at(seconds, 0, i32::MIN)).0, offset);
    let without_instant = GivenTime {
        instant: None,
        utc_offset_seconds: 0,
    };
    assert_eq!(
        violation(|given| given.published_at = Some(without_instant)).0,
        instant
    );
}

#[test]
fn states_that_a_submission_cannot_have_are_refused() {
    assert_eq!(
        violation(|given| given.state = GivenState::Retracted),
        (
            "article.state".into(),
            "must not be RETRACTED; use a retraction".into()
        )
    );
    assert_eq!(
        violation(|given| given.state = GivenState::Unknown(9)).0,
        "article.state"
    );
}

#[test]
fn all_violations_come_at_once_but_not_without_end() {
    let refused = check(GivenArticle {
        article_id: "기사".into(),
        url: "nowhere".into(),
        language: "?".into(),
        ..Default::default()
    })
    .unwrap_err();
    let fields: Vec<_> = refused
        .violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "article.url",
            "article.title",
            "article.body",
            "article.language",
            "article.article_id"
        ]
    );

    let everything_wrong = GivenArticle {
        authors: vec![
            Author {
                name: String::new(),
                email: "\0".into()
            };
            MAX_AUTHORS
        ],
        ..Default::default()
    };
    assert_eq!(
        check(everything_wrong).unwrap_err().violations.len(),
        MAX_VIOLATIONS
    );
}

#[test]
fn a_retraction_names_its_article_in_one_way() {
    let by_id = GivenRetraction {
        article_id: "a.1".into(),
        reason: "오보".into(),
        ..Default::default()
    };
    assert_eq!(retraction(by_id.clone()).unwrap().article_id.as_str(), "a.1");
    let both = GivenRetraction {
        url: "https://a/b".into(),
        source: "s".into(),
        ..by_id
    };
    let fields: Vec<_> = retraction(both)
        .unwrap_err()
        .violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["retraction.source", "retraction.url"]);
    let none = GivenRetraction {
        source: "s".into(),
        ..Default::default()
    };
    assert_eq!(
        retraction(none).unwrap_err().violations[0].field,
        "retraction.article_id"
    );

    let submission = accepted(|given| given.url = "https://news.example/a/?utm_source=x".into());
    let by_url = GivenRetraction {
        url: "https://news.example/a".into(),
        ..Default::default()
    };
    assert_eq!(retraction(by_url).unwrap().article_id, submission.article_id);
    let submission = accepted(|given| given.external_id = "\u{1112}\u{1161}\u{11AB}".into());
    let by_external_id = GivenRetraction {
        external_id: "한".into(),
        ..Default::default()
    };
    assert_eq!(
        retraction(by_external_id).unwrap().article_id,
        submission.article_id
    );
}

#[test]
fn correlation_ids_are_bounded_and_cut_between_characters() {
    assert!(correlation_id(&"x".repeat(128)).is_ok());
    assert_eq!(
        correlation_id(&"x".repeat(129)).unwrap_err().violations[0].field,
        "correlation_id"
    );
    assert_eq!(answered_correlation_id("가".repeat(43)), "가".repeat(42));
}

/// What was accepted, given again.
fn again(submission: &Submission) -> GivenArticle {
    GivenArticle {
        article_id: submission.article_id.to_string(),
        source: submission.source.clone(),
        external_id: submission.external_id.clone(),
        url: submission.url.clone(),
        section: submission.section.clone(),
        title: submission.title.clone(),
        subtitle: submission.subtitle.clone(),
        body: submission.body.clone(),
        authors: submission.authors.clone(),
        language: submission.language.clone(),
        published_at: None,
        state: GivenState::Usable,
        state_reason: submission.state_reason.clone(),
        copyright: submission.copyright.clone(),
    }
}

proptest! {
    #[test]
    fn what_is_accepted_is_normal_and_stays_as_it_is(
        title in "\\PC{1,20}", body in any::<String>(), subtitle in "(\\PC|\r|\n){0,10}", url in "(http://\\PC{0,9})?",
    ) {
        let given = GivenArticle { title, body, subtitle, url, ..Default::default() };
        if let Ok(submission) = check(given) {
            for text in [&submission.title, &submission.subtitle, &submission.body, &submission.url] {
                prop_assert!(is_nfc(text));
                prop_assert!(!text.contains('\r'));
            }
            prop_assert_eq!(check(again(&submission)).unwrap(), submission);
        }
    }
}
