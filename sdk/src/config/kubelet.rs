//! The kubelet's effective configuration: built-in defaults, then the file of
//! `--config`, then the drop-ins of `--config-dir`, then flags.

use alloc::rc::Rc;

use super::{Problem, Read, Reading, default, document, field, flag, gate, swallowed};
use crate::args::{Args, Style};
use crate::component::Instance;
use crate::defaults::Set;
use crate::facts::{Entry, Error, FileKind, Observation, Process};
use crate::json::Value;
use crate::prelude::*;
use crate::say;
use crate::strings;

const KIND: &str = "KubeletConfiguration";
const GROUP: &str = "kubelet.config.k8s.io";

/// Which field of the file a flag has.
const FIELDS: &[(&str, &str)] = &[
    ("anonymous-auth", "/authentication/anonymous/enabled"),
    (
        "authentication-token-webhook",
        "/authentication/webhook/enabled",
    ),
    ("authorization-mode", "/authorization/mode"),
    ("client-ca-file", "/authentication/x509/clientCAFile"),
    ("event-qps", "/eventRecordQPS"),
    ("make-iptables-util-chains", "/makeIPTablesUtilChains"),
    ("pod-manifest-path", "/staticPodPath"),
    ("pod-max-pids", "/podPidsLimit"),
    ("protect-kernel-defaults", "/protectKernelDefaults"),
    ("read-only-port", "/readOnlyPort"),
    ("rotate-certificates", "/rotateCertificates"),
    ("rotate-server-certificates", "/serverTLSBootstrap"),
    ("seccomp-default", "/seccompDefault"),
    (
        "streaming-connection-idle-timeout",
        "/streamingConnectionIdleTimeout",
    ),
    ("tls-cert-file", "/tlsCertFile"),
    ("tls-cipher-suites", "/tlsCipherSuites"),
    ("tls-min-version", "/tlsMinVersion"),
    ("tls-private-key-file", "/tlsPrivateKeyFile"),
];

/// The same for flags that our own profiles do not look at. None of these has a
/// default that a zero in the file stands for.
#[cfg(any(feature = "data", not(target_arch = "wasm32")))]
const MORE_FIELDS: &[(&str, &str)] = &[
    ("address", "/address"),
    ("allowed-unsafe-sysctls", "/allowedUnsafeSysctls"),
    ("cgroup-driver", "/cgroupDriver"),
    ("cluster-dns", "/clusterDNS"),
    ("cluster-domain", "/clusterDomain"),
    ("container-log-max-files", "/containerLogMaxFiles"),
    ("container-log-max-size", "/containerLogMaxSize"),
    ("container-runtime-endpoint", "/containerRuntimeEndpoint"),
    ("contention-profiling", "/enableContentionProfiling"),
    ("enable-debugging-handlers", "/enableDebuggingHandlers"),
    ("enable-server", "/enableServer"),
    ("event-burst", "/eventBurst"),
    ("fail-swap-on", "/failSwapOn"),
    ("healthz-bind-address", "/healthzBindAddress"),
    ("healthz-port", "/healthzPort"),
    ("image-gc-high-threshold", "/imageGCHighThresholdPercent"),
    ("image-gc-low-threshold", "/imageGCLowThresholdPercent"),
    ("kube-api-burst", "/kubeAPIBurst"),
    ("kube-api-qps", "/kubeAPIQPS"),
    ("registry-burst", "/registryBurst"),
    ("registry-qps", "/registryPullQPS"),
    ("resolv-conf", "/resolvConf"),
    ("serialize-image-pulls", "/serializeImagePulls"),
    ("volume-plugin-dir", "/volumePluginDir"),
];

/// Flags of a kubelet that no field of the file stands in for.
#[cfg(not(target_arch = "wasm32"))]
pub const FLAGS_ALONE: &[&str] = &[
    "bootstrap-kubeconfig",
    "cert-dir",
    "cloud-provider",
    "config",
    "config-dir",
    "hostname-override",
    "image-credential-provider-bin-dir",
    "image-credential-provider-config",
    "kubeconfig",
    "node-ip",
    "node-labels",
    "root-dir",
];

/// Every flag that a field of the file stands in for.
#[cfg(not(target_arch = "wasm32"))]
pub fn fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    FIELDS.iter().chain(MORE_FIELDS).copied()
}

/// The field of a flag.
fn field_of(setting: &str) -> Option<&'static (&'static str, &'static str)> {
    let known = FIELDS.iter().find(|(flag, _)| *flag == setting);
    #[cfg(any(feature = "data", not(target_arch = "wasm32")))]
    let known = known.or_else(|| MORE_FIELDS.iter().find(|(flag, _)| *flag == setting));
    known
}

/// The duration whose zero in a file means the default. Zero in a flag does not.
const ZERO_IS_DEFAULT: &str = "streaming-connection-idle-timeout";

/// An attempt to open a file.
pub type Opened = Result<Rc<dyn Entry>, Error>;

/// What a kubelet is told.
#[derive(Clone)]
pub struct Kubelet {
    process: Rc<dyn Process>,
    /// Its flags.
    pub args: Args,
    /// Whether a `--config` file replaced the flags' legacy defaults.
    pub has_file: bool,
    /// The files, each overriding those before it.
    pub layers: Vec<Layer>,
    /// Receipts for directories that were searched.
    searched: Vec<Observation>,
}

/// One configuration file.
#[derive(Clone)]
pub struct Layer {
    /// The file.
    pub entry: Rc<dyn Entry>,
    /// What it says.
    pub document: Value,
}

/// Reads one setting: its flag, else the files, else the default.
pub(super) fn read(instance: &Instance, setting: &str) -> Read {
    let Some(process) = &instance.process else {
        let text = "no kubelet process was looked at, so its flags are not known".to_owned();
        return Err(instance.problem(text).into());
    };
    let given = match setting.strip_prefix("gate:") {
        Some(name) => gate(instance, name)?,
        None if setting.starts_with("/") => None,
        None => flag(instance, setting)?,
    };
    // A flag decides alone, but whether it does is only known once the files
    // are: a file that cannot be read keeps nothing from a flag.
    if let Some(reading) = given {
        return Ok(reading);
    }
    let kubelet = load(process)?;
    let mut reading = kubelet.configured(instance, setting)?;
    reading.observations.extend(kubelet.observations());
    Ok(reading)
}

/// Reads the files that a kubelet's flags name.
pub fn load(process: &Rc<dyn Process>) -> Result<Kubelet, Box<Problem>> {
    let args = process.info().args;
    if args.is_empty() {
        return Err(Box::new(Problem {
            text: "the arguments of kubelet could not be read".to_owned(),
            observations: vec![process.observation()],
        }));
    }
    let args = Args::parse(Style::Pflag, &args);
    let mut kubelet = Kubelet {
        process: Rc::clone(process),
        args,
        has_file: false,
        layers: Vec::new(),
        searched: Vec::new(),
    };
    if let Some(entry) = kubelet.open("config")? {
        let document = document(&*entry, KIND, GROUP)?;
        kubelet.layers.push(Layer { entry, document });
        kubelet.has_file = true;
    }
    if let Some(entry) = kubelet.open("config-dir")? {
        kubelet.drop_ins(&entry)?;
    }
    Ok(kubelet)
}

impl Kubelet {
    /// Opens what a flag names, if it is set and not empty.
    fn open(&self, name: &str) -> Result<Option<Rc<dyn Entry>>, Box<Problem>> {
        if let Some(by) = self.args.swallowed_by(name) {
            return Err(Box::new(Problem {
                text: swallowed(name, by),
                observations: vec![self.process.observation()],
            }));
        }
        let path = self.args.last(name).map_or("", |f| &f.value);
        if path.is_empty() {
            return Ok(None);
        }
        let opened = self.process.open_named(&say!["--", name], path);
        match opened {
            Ok(entry) => Ok(Some(entry)),
            Err(e) => Err(Problem::of(&say!["the kubelet's --", name], &e)),
        }
    }

    /// Walks a directory in lexical order, its `*.conf` files becoming layers.
    fn drop_ins(&mut self, directory: &Rc<dyn Entry>) -> Result<(), Box<Problem>> {
        let path = directory.path();
        let children = directory.children().map_err(|e| Problem::of(&path, &e))?;
        self.searched.push(children.observation);
        if !children.complete {
            let why = "could not be searched completely";
            return Err(Problem::bad(&path, why, children.observation));
        }
        for name in &children.paths {
            let child = directory.open_child(name);
            let child = child.map_err(|e| Problem::of(&say![path, "/", name], &e))?;
            let kind = child
                .stat()
                .map_err(|e| Problem::of(&child.path(), &e))?
                .kind;
            if kind == FileKind::Directory {
                self.drop_ins(&child)?;
            } else if name.ends_with(".conf") {
                let document = document(&*child, KIND, GROUP)?;
                self.layers.push(Layer {
                    entry: child,
                    document,
                });
            }
        }
        Ok(())
    }

    /// What the files say of a setting that no flag sets, else its default.
    fn configured(&self, instance: &Instance, setting: &str) -> Read {
        let set = match self.has_file {
            true => Set::Usual,
            false => Set::Legacy,
        };
        if let Some(name) = setting.strip_prefix("gate:") {
            let own = self.reading(&say!["/featureGates/", name]);
            let reading = match own {
                Some(reading) => Some(reading),
                None => gate(instance, "AllBeta")?,
            };
            let reading = reading.or_else(|| self.reading("/featureGates/AllBeta"));
            return match reading {
                Some(reading) => Ok(reading),
                None => default(instance, setting, set),
            };
        }
        let pointer = field_of(setting).map_or(setting, |(_, pointer)| pointer);
        // A flag without a field.
        if !pointer.starts_with("/") {
            return default(instance, setting, set);
        }
        let Some(reading) = self.reading(pointer) else {
            return default(instance, setting, set);
        };
        let is_zero = ZERO_IS_DEFAULT == setting && reading.duration() == Some(0);
        if !is_zero && reading.is_set() {
            return Ok(reading);
        }
        let mut default = default(instance, setting, set)?;
        let mut shown = reading.shown(false);
        if shown.is_empty() {
            shown = "empty".to_owned();
        }
        default.notes.push(say![
            reading.origin.text(),
            " is ",
            shown,
            ", which stands for the default"
        ]);
        Ok(default)
    }

    /// A value of the files. The receipts of all of them go with it later.
    fn reading(&self, pointer: &str) -> Option<Box<Reading>> {
        let (layer, _) = self.field(pointer)?;
        let mut reading = field(&layer.entry, layer.document, pointer)?;
        reading.observations.clear();
        Some(reading)
    }

    /// Receipts for everything that was read.
    pub fn observations(&self) -> Vec<Observation> {
        let mut all = vec![self.process.observation()];
        for layer in &self.layers {
            all.push(layer.entry.observation());
        }
        all.extend(&self.searched);
        all
    }

    /// What the files say of a JSON pointer, and which one says it. Merge patch:
    /// a list replaces, null unsets.
    pub fn field(&self, pointer: &str) -> Option<(&Layer, &Value)> {
        let mut found = None;
        for layer in &self.layers {
            if is_silent(layer.document, pointer) {
                continue;
            }
            let reached = layer.document.pointer(pointer);
            found = reached.filter(|v| !v.is_null()).map(|v| (layer, v));
        }
        found
    }

    /// The directory of static pods and the attempt to open it; none if this
    /// kubelet has none.
    pub fn static_pod_path(&self) -> Option<(String, Opened)> {
        if let Some(flag) = self.args.last("pod-manifest-path") {
            let path = flag.value.clone();
            let opened = self.process.open_named("--pod-manifest-path", &path);
            return (!path.is_empty()).then_some((path, opened));
        }
        let pointer = "/staticPodPath";
        let (layer, value) = self.field(pointer)?;
        let path = value.as_str().filter(|p| !p.is_empty())?;
        Some((path.to_owned(), layer.entry.open_field(pointer, path)))
    }

    /// Whether the files have this kubelet also fetch static pods, which then
    /// need no file.
    pub fn has_static_pod_url(&self) -> bool {
        let url = self.field("/staticPodURL").and_then(|(_, v)| v.as_str());
        url.is_some_and(|url| !url.is_empty())
    }
}

/// Whether a document leaves a field to those before it: on the way there an
/// object lacks a member. A null, or anything that replaces an object, speaks.
fn is_silent(document: Value, pointer: &str) -> bool {
    let mut at = document;
    for token in strings::split(pointer, b'/').into_iter().skip(1) {
        if !at.is_object() {
            return false;
        }
        match at.get(token) {
            Some(next) => at = *next,
            None => return true,
        }
    }
    false
}
