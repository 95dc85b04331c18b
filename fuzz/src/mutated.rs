//! Seeds that were changed a little, the same way in every run: what a fuzzer
//! does first, for machines that have none. `CISB_MUTATIONS=N` makes more.

use crate::{MAX_BYTES, TARGETS};

/// Changes of each seed in an ordinary run of the tests.
const USUALLY: u32 = 60;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % below.max(1)
    }

    /// A piece of something.
    fn piece<'a>(&mut self, of: &'a [u8]) -> &'a [u8] {
        let from = self.roll(of.len());
        let most = (of.len() - from).min(64);
        &of[from..from + self.roll(most + 1)]
    }
}

/// One change.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.roll(bytes.len());
    match dice.roll(7) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.roll(8),
        1 if !bytes.is_empty() => {
            let telling = b"\0\x01\x7f\x80\xff\"\\{}[],:=#\n\r\t ./*-0919eE";
            bytes[at] = telling[dice.roll(telling.len())];
        }
        2 => {
            let to = (at + dice.roll(32)).min(bytes.len());
            bytes.drain(at..to);
        }
        3 => bytes.truncate(at),
        4 => {
            let piece = dice.piece(bytes).to_vec();
            bytes.splice(at..at, piece);
        }
        5 => {
            let piece = dice.piece(other).to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            let telling = [
                "18446744073709551616",
                "-1",
                "1e999",
                "null",
                "\u{202e}",
                "{a,b}",
                "**",
            ];
            let piece = telling[dice.roll(telling.len())].bytes();
            bytes.splice(at..at, piece);
        }
    }
    bytes.truncate(MAX_BYTES);
}

#[test]
fn what_holds_of_a_seed_holds_of_it_changed() {
    let wanted = std::env::var("CISB_MUTATIONS").ok();
    let rounds = wanted.map_or(USUALLY, |text| text.parse().unwrap());
    let only = std::env::var("CISB_FUZZ_TARGET").ok();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for target in TARGETS {
        if only.as_ref().is_some_and(|name| name != target.name) {
            continue;
        }
        let seeds = crate::seeds::kept(target.name);
        for (name, seed) in &seeds {
            for round in 0..rounds {
                let mut bytes = seed.clone();
                for _ in 0..=dice.roll(4) {
                    let other = &seeds[dice.roll(seeds.len())].1;
                    mutate(&mut bytes, other, &mut dice);
                }
                let held = std::panic::catch_unwind(|| (target.body)(&bytes));
                if held.is_err() {
                    let path = std::env::temp_dir().join(format!("found-{}-{round}", target.name));
                    std::fs::write(&path, &bytes).unwrap();
                    panic!("{}/{name}, changed: {}", target.name, path.display());
                }
            }
        }
    }
}
