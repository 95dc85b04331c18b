//! A program that ignores its arguments and waits: under another name it stands
//! in for a component of Kubernetes in a process table. It ends with the
//! process that started it, or after two minutes.

use std::io::Read as _;
use std::time::Duration;

fn main() {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(120));
        std::process::exit(0);
    });
    // Standard input is a pipe of the test's: it closes however the test ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
