//! The sample articles, compiled in, so that the demo runs from anywhere.

use crate::{
    article_file::{ArticleFile, Format},
    submission::{Defaults, Submission},
};

/// Names a file of `seeds/articles` and holds its text.
macro_rules! seed_files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../../seeds/articles/", $name))),)*]
    };
}

/// All files, in the order in which they are sent.
const FILES: &[(&str, &str)] = seed_files![
    "hangang-ilbo.ndjson",
    "tech-naru.ndjson",
    "dureum-gyeongje.ndjson",
    "saebyeok-tongsin.ndjson",
    "byeolbit-gwahak.ndjson",
    "mulgil-sinmun.ndjson",
    "changneomeo.ndjson",
    "maru-business.ndjson",
];

/// The sample articles, as operations.
pub(super) fn submissions() -> Result<Vec<Submission>, String> {
    let mut submissions = Vec::new();
    for (name, text) in FILES {
        let file =
            ArticleFile::new(name, text.as_bytes(), Format::Ndjson).map_err(|error| error.to_string())?;
        for article in file {
            let article = article.map_err(|error| error.to_string())?;
            submissions.push(Submission::new(article, &Defaults::default())?);
        }
    }
    Ok(submissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_the_folder_are_compiled_in_and_readable() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../seeds/articles");
        let mut in_folder: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".ndjson"))
            .collect();
        in_folder.sort();
        let mut compiled_in: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        compiled_in.sort_unstable();
        assert_eq!(in_folder, compiled_in);
        let lines: usize = FILES.iter().map(|(_, text)| text.lines().count()).sum();
        assert_eq!(submissions().unwrap().len(), lines);
    }
}
