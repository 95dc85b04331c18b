//! OpenShift 4 tells its API server and controller manager what to do in a file
//! of their operators, the one of `--openshift-config`: it becomes arguments
//! here, as the components themselves make arguments of it.

use alloc::rc::Rc;

use cisb_sdk::args::Flag;
use cisb_sdk::component::{self, Component, Instance, Presence, Words};
use cisb_sdk::config::{self, Problem};
use cisb_sdk::facts::{Entry, Error, Observation, Process, ProcessInfo};
use cisb_sdk::json::Value;
use cisb_sdk::prelude::*;
use cisb_sdk::rule::Cx;
use cisb_sdk::say;
use cisb_sdk::strings;

/// The flag that names the file.
const FLAG: &str = "openshift-config";

/// Arguments that the API server makes of other fields of its file where the
/// arguments there do not say the same. Source: openshift/kubernetes,
/// openshiftkubeapiserver/flags.go; of 4.1 to 4.5 with fields that later moved
/// to the arguments.
const FIELDS: &[(&str, &str)] = &[
    ("audit-log-maxage", "/auditConfig/maximumFileRetentionDays"),
    ("audit-log-maxbackup", "/auditConfig/maximumRetainedFiles"),
    ("audit-log-maxsize", "/auditConfig/maximumFileSizeMegabytes"),
    ("audit-log-path", "/auditConfig/auditFilePath"),
    ("audit-policy-file", "/auditConfig/policyFile"),
    ("client-ca-file", "/servingInfo/clientCA"),
    ("etcd-cafile", "/storageConfig/ca"),
    ("etcd-certfile", "/storageConfig/certFile"),
    ("etcd-keyfile", "/storageConfig/keyFile"),
    ("kubelet-certificate-authority", "/kubeletClientInfo/ca"),
    ("kubelet-client-certificate", "/kubeletClientInfo/certFile"),
    ("kubelet-client-key", "/kubeletClientInfo/keyFile"),
    ("min-request-timeout", "/servingInfo/requestTimeoutSeconds"),
    ("service-account-key-file", "/serviceAccountPublicKeyFiles"),
    ("tls-cert-file", "/servingInfo/certFile"),
    ("tls-cipher-suites", "/servingInfo/cipherSuites"),
    ("tls-min-version", "/servingInfo/minTLSVersion"),
    ("tls-private-key-file", "/servingInfo/keyFile"),
];

/// What the API server's admission runs besides Kubernetes' own defaults, of
/// what is asked about. Source: openshift/kubernetes, admissionenablement/register.go.
const PLUGINS: [&str; 2] = [
    "NodeRestriction",
    "security.openshift.io/SecurityContextConstraint",
];

/// Finds a component with the arguments that its file makes.
pub fn find(cx: &Cx<'_>, component: Component) -> Option<Presence> {
    let arguments = match component {
        Component::KubeApiserver => "apiServerArguments",
        Component::KubeControllerManager => "extendedArguments",
        Component::Etcd => return Some(members(cx)),
        _ => return None,
    };
    let found = component::find(&Cx { find: None, ..*cx }, component);
    let Presence::Here(mut instances) = found else {
        return Some(found);
    };
    for instance in &mut instances {
        if let Err(problem) = configure(cx, instance, arguments) {
            return Some(Presence::Unknown(Words {
                text: say![
                    instance.label,
                    " runs, but what it is told is not known: ",
                    problem.text
                ],
                observations: [instance.observations.clone(), problem.observations].concat(),
            }));
        }
    }
    Some(Presence::Here(instances))
}

/// The members of etcd, without the proxy before their metrics: the same
/// program in the same pod.
fn members(cx: &Cx<'_>) -> Presence {
    let found = component::find(&Cx { find: None, ..*cx }, Component::Etcd);
    let Presence::Here(mut instances) = found else {
        return found;
    };
    let mut observations = Vec::new();
    for instance in &instances {
        observations.extend(&instance.observations);
    }
    instances.retain(|it| it.argv.get(1).is_none_or(|word| word != "grpc-proxy"));
    match instances.as_mut_slice() {
        [] => Presence::Unknown(Words {
            text: "etcd was not found, only the proxy before its metrics".to_owned(),
            observations,
        }),
        [only] => {
            only.label = Component::Etcd.name().to_owned();
            Presence::Here(instances)
        }
        _ => Presence::Here(instances),
    }
}

/// Adds the arguments of an instance's file to its own. They come after those
/// of the command line, as the component reads them.
fn configure(cx: &Cx<'_>, instance: &mut Instance, arguments: &str) -> Result<(), Box<Problem>> {
    let Some(path) = instance.args.last(FLAG).map(|flag| flag.value.clone()) else {
        return Ok(());
    };
    let entry = instance
        .open_named(cx.facts, &say!["--", FLAG], &path)
        .map_err(|error| Problem::of(&path, &error))?;
    let document = config::document(&*entry, "", "")?;
    let mut taken = Vec::new();
    for (name, values) in document[arguments].as_object().unwrap_or_default() {
        let pointer = say!["/", arguments, "/", name];
        take(&mut taken, name, values, &pointer, &entry)?;
    }
    if instance.component == Component::KubeApiserver {
        let given = taken.len();
        for (name, pointer) in FIELDS {
            let is_set = taken.iter().take(given).any(|it: &Taken| it.name == *name);
            if let Some(value) = document.pointer(pointer).filter(|_| !is_set) {
                take(&mut taken, name, value, pointer, &entry)?;
            }
        }
        let address = document["servingInfo"]["bindAddress"].as_str();
        let port = address.and_then(|it| strings::cut_last(it, b':'));
        if let Some((_, port)) = port
            && !taken.iter().any(|it| it.name == "secure-port")
        {
            taken.push(Taken::of("secure-port", port, ""));
        }
        default_plugins(&mut taken);
    }
    for it in &taken {
        instance.args.flags.push(Flag {
            name: it.name.clone(),
            spelled: say!["--", it.name],
            value: it.value.clone(),
        });
    }
    instance.observations.push(entry.observation());
    if let Some(process) = instance.process.take() {
        instance.process = Some(Rc::new(Configured {
            process,
            entry,
            taken,
        }));
    }
    Ok(())
}

/// An argument that a file makes.
struct Taken {
    name: String,
    value: String,
    /// Where the file has it.
    pointer: String,
}

impl Taken {
    fn of(name: &str, value: &str, pointer: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            pointer: pointer.to_owned(),
        }
    }
}

/// Takes the values of an argument: a list, or for a field also a scalar. What
/// is empty says nothing.
fn take(
    taken: &mut Vec<Taken>,
    name: &str,
    values: &Value,
    pointer: &str,
    entry: &Rc<dyn Entry>,
) -> Result<(), Box<Problem>> {
    if let Some(list) = values.as_array() {
        for (at, value) in list.iter().enumerate() {
            take(taken, name, value, &say![pointer, "/", at], entry)?;
        }
        return Ok(());
    }
    let value = match (values.as_str(), values.as_i64()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(number)) => say![number],
        (None, None) if values.is_null() => return Ok(()),
        (None, None) => {
            let why = say![pointer, " is no text and no list of texts"];
            return Err(Problem::bad(&entry.path(), &why, entry.observation()));
        }
    };
    if !value.is_empty() {
        taken.push(Taken::of(name, &value, pointer));
    }
    Ok(())
}

/// Enables what is on by default and not disabled.
fn default_plugins(taken: &mut Vec<Taken>) {
    for plugin in PLUGINS {
        let says = |it: &Taken| {
            it.name.ends_with("able-admission-plugins")
                && strings::among(plugin, &strings::split(&it.value, b','))
        };
        if !taken.iter().any(says) {
            taken.push(Taken::of("enable-admission-plugins", plugin, ""));
        }
    }
}

/// A process whose arguments are also those of its file: a path that the file
/// names is opened as the file's.
struct Configured {
    process: Rc<dyn Process>,
    entry: Rc<dyn Entry>,
    taken: Vec<Taken>,
}

impl Process for Configured {
    fn observation(&self) -> Observation {
        self.process.observation()
    }

    fn info(&self) -> ProcessInfo {
        self.process.info()
    }

    fn environment(&self, name: &str) -> Result<Option<String>, Error> {
        self.process.environment(name)
    }

    fn open_named(&self, name: &str, path: &str) -> Result<Rc<dyn Entry>, Error> {
        let flag = name.strip_prefix("--").unwrap_or(name);
        let named = |it: &&Taken| it.name == flag && it.value == path;
        match self.taken.iter().rfind(named) {
            Some(it) => self.entry.open_field(&it.pointer, path),
            None => self.process.open_named(name, path),
        }
    }
}
