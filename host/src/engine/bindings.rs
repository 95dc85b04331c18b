//! Generated from the WIT packages. Its types stop at `engine` and `capability`.

wasmtime::component::bindgen!({
    path: ["../wit/host", "../wit/profile"],
    world: "cisb:profile/profile",
    imports: { default: trappable },
    with: {
        "cisb:host/files.entry": crate::capability::files::Entry,
        "cisb:host/processes.process": crate::capability::processes::Process,
    },
});
