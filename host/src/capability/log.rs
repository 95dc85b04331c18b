//! `cisb:host/log`: words for whoever debugs a profile.

use super::Session;
use crate::engine::wit::log::{Host, Level};
use crate::report::escape;

/// How many bytes one check may log.
const MAX_BYTES: usize = 64 << 10;
/// How many lines one check may log.
const MAX_LINES: u32 = 200;

/// What a check has logged.
#[derive(Debug, Default)]
pub struct Budget {
    bytes: usize,
    lines: u32,
    full: bool,
}

impl Budget {
    /// Whether more was logged than is kept.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }
}

impl Host for Session {
    fn emit(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.enter()?;
        if self.log.full {
            return Ok(());
        }
        self.log.lines += 1;
        self.log.bytes += message.len();
        let check = &self.name;
        if self.log.lines > MAX_LINES || self.log.bytes > MAX_BYTES {
            self.log.full = true;
            tracing::warn!("{check}: logs too much; the rest is dropped");
            return Ok(());
        }
        // Guest-controlled: masked, and without anything a terminal obeys.
        let masked = crate::mask::mask_text(&message);
        let text = escape::line(&masked);
        match level {
            Level::Debug => tracing::debug!("{check}: {text}"),
            Level::Info => tracing::info!("{check}: {text}"),
            Level::Warn => tracing::warn!("{check}: {text}"),
            Level::Error => tracing::error!("{check}: {text}"),
        }
        Ok(())
    }
}
