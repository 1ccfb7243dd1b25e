//! The sample articles of the project, for benches.

use std::path::Path;
use std::sync::LazyLock;

use gisa_article_model::ZonedTime;

/// A sample article.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) published_at: ZonedTime,
}

/// All sample articles; the retraction among them is left out.
pub(crate) static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/articles");
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ndjson"));
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts
        .flat_map(|text| text.lines().filter_map(sample).collect::<Vec<_>>())
        .collect()
});

/// The article of a line; `None` for a retraction.
fn sample(line: &str) -> Option<Sample> {
    let article: serde_json::Value = serde_json::from_str(line).unwrap();
    let field = |name: &str| article[name].as_str().unwrap_or_default().to_owned();
    let published_at = article["published_at"].as_str()?;
    Some(Sample {
        title: field("title"),
        body: field("body"),
        published_at: ZonedTime::in_korea(published_at.parse().unwrap()),
    })
}

/// Articles of about 1,400 characters, as long as those of a newspaper: the bodies of samples that follow one another,
/// under the title of the first.
pub(crate) static ARTICLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let mut articles: Vec<Sample> = Vec::new();
    let mut missing = 0;
    for sample in &*SAMPLES {
        let length = sample.body.chars().count();
        match articles.last_mut() {
            Some(article) if missing >= length / 2 => {
                article.body.push_str("\n\n");
                article.body.push_str(&sample.body);
                missing = missing.saturating_sub(length);
            }
            _ => {
                articles.push(Sample {
                    title: sample.title.clone(),
                    body: sample.body.clone(),
                    published_at: sample.published_at,
                });
                missing = CHARACTERS.saturating_sub(length);
            }
        }
    }
    articles
});

const CHARACTERS: usize = 1_400;
