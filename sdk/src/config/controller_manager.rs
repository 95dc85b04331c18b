//! kube-controller-manager: flags and defaults, it reads no configuration file.

use super::{Reading, Stop, flag_or_default};
use crate::component::Instance;

pub(super) fn read(instance: &Instance, setting: &str) -> Result<Reading, Stop> {
    flag_or_default(instance, setting)
}
