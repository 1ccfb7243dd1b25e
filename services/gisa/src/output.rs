//! Results on standard output, for people or for programs.

pub(crate) mod layout;
pub(crate) mod records;
pub(crate) mod views;

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::{cli::OutputForm, failure::Failure};

/// Columns when nothing is known of the terminal.
const DEFAULT_WIDTH: usize = 100;
/// Wider text is hard to read.
const MAX_WIDTH: usize = 120;
const MIN_WIDTH: usize = 40;

/// Standard output.
pub(crate) struct Output {
    form: OutputForm,
    colour: bool,
    width: usize,
    writer: Box<dyn Write>,
}

impl Output {
    pub(crate) fn new(form: OutputForm) -> Self {
        let colour = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
        let writer: Box<dyn Write> = match form {
            OutputForm::Table => Box::new(anstream::stdout()),
            OutputForm::Json => Box::new(io::stdout()),
        };
        Self {
            form,
            colour,
            width: width.clamp(MIN_WIDTH, MAX_WIDTH),
            writer,
        }
    }

    /// Whether results are for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.form == OutputForm::Json
    }

    /// Whether colours can be seen; without them, meaning has to be told in other ways.
    pub(crate) fn colour(&self) -> bool {
        self.colour
    }

    /// Columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Writes a line, or several.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.writer, "{text}")?)
    }

    /// Writes text that has its line breaks.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.writer.write_all(text.as_bytes())?;
        Ok(self.writer.flush()?)
    }

    /// Writes an object as one line of JSON.
    pub(crate) fn json(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_vec(object).map_err(io::Error::from)?;
        line.push(b'\n');
        Ok(self.writer.write_all(&line)?)
    }
}
