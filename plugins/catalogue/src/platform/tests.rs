//! What holds of every platform.

use std::collections::BTreeSet;

use super::*;

#[test]
fn what_a_platform_changes_is_there() {
    for platform in ALL {
        let name = platform.name;
        let common = crate::requests();
        for (id, globs) in platform.globs {
            assert!(
                common.files.iter().any(|r| r.id == *id),
                "{name}: no files request is `{id}`"
            );
            assert!(!globs.is_empty(), "{name}: {id}");
        }
        let requests = platform.requests();
        let ids: BTreeSet<&str> = requests.ids().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), requests.ids().count(), "{name}: an id twice");
        let controls = platform.controls();
        let names: BTreeSet<&str> = controls.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), controls.len(), "{name}: a control twice");
        for control in &controls {
            assert!(
                platform.words(control.name).is_some(),
                "{name}: no words for `{}`",
                control.name
            );
            for request in control.uses {
                assert!(ids.contains(request), "{name} {}: {request}", control.name);
            }
        }
        for procedure in platform.procedures {
            assert!(
                platform
                    .words
                    .iter()
                    .flat_map(|list| list.iter())
                    .chain(words::all())
                    .any(|words| words.procedure == procedure.name),
                "{name}: nothing uses the procedure `{}`",
                procedure.name
            );
        }
    }
    let names: BTreeSet<&str> = ALL.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), ALL.len());
}
