//! The kubelet's effective configuration: built-in defaults, then the file of
//! `--config`, then the drop-ins of `--config-dir`, then flags.

use std::rc::Rc;

use serde_json::Value;

use super::{Problem, document};
use crate::args::{Args, Style};
use crate::facts::{Entry, Error, Observation, Process};

const KIND: &str = "KubeletConfiguration";
const GROUP: &str = "kubelet.config.k8s.io";

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

/// Reads the files that a kubelet's flags name.
pub fn load(process: &Rc<dyn Process>) -> Result<Kubelet, Problem> {
    let args = Args::parse(Style::Pflag, &process.info().args);
    let mut kubelet = Kubelet {
        process: Rc::clone(process),
        args,
        has_file: false,
        layers: Vec::new(),
        searched: Vec::new(),
    };
    if let Some(path) = kubelet.flag("config")? {
        let opened = process.open_named("--config", &path);
        let entry = opened.map_err(|e| Problem::of("the kubelet's --config", &e))?;
        let document = document(&*entry, KIND, GROUP)?;
        kubelet.layers.push(Layer { entry, document });
        kubelet.has_file = true;
    }
    if let Some(path) = kubelet.flag("config-dir")? {
        let opened = process.open_named("--config-dir", &path);
        let entry = opened.map_err(|e| Problem::of("the kubelet's --config-dir", &e))?;
        kubelet.drop_ins(&entry)?;
    }
    Ok(kubelet)
}

impl Kubelet {
    /// A flag's value, if it is set and not empty.
    fn flag(&self, name: &str) -> Result<Option<String>, Problem> {
        if let Some(by) = self.args.swallowed_by(name) {
            return Err(Problem {
                text: format!("--{name} may be the value of --{by}, whose type is not known"),
                observations: vec![self.process.observation()],
            });
        }
        let value = self.args.last(name).map(|f| f.value.clone());
        Ok(value.filter(|v| !v.is_empty()))
    }

    /// Walks a directory in lexical order, its `*.conf` files becoming layers.
    fn drop_ins(&mut self, directory: &Rc<dyn Entry>) -> Result<(), Problem> {
        let path = directory.path();
        let children = directory.children().map_err(|e| Problem::of(&path, &e))?;
        self.searched.push(children.observation);
        if !children.complete {
            let why = "could not be searched completely";
            return Err(Problem::bad(&path, why, children.observation));
        }
        for name in &children.paths {
            let child = directory.open_child(name);
            let child = child.map_err(|e| Problem::of(&format!("{path}/{name}"), &e))?;
            let kind = child
                .stat()
                .map_err(|e| Problem::of(&child.path(), &e))?
                .kind;
            if kind == crate::facts::FileKind::Directory {
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

    /// Receipts for everything that was read.
    pub fn observations(&self) -> Vec<Observation> {
        let mut all = vec![self.process.observation()];
        all.extend(self.layers.iter().map(|l| l.entry.observation()));
        all.extend(&self.searched);
        all
    }

    /// What the files say of a JSON pointer, and which one says it. Merge patch:
    /// a list replaces, null unsets.
    pub fn field(&self, pointer: &str) -> Option<(&Layer, &Value)> {
        let mut found = None;
        for layer in &self.layers {
            let mut at = &layer.document;
            let mut missing = false;
            for token in pointer.split('/').skip(1) {
                match at {
                    Value::Object(map) => match map.get(token) {
                        Some(next) => at = next,
                        None => {
                            missing = true;
                            break;
                        }
                    },
                    // A null, or something that replaces the object.
                    _ => break,
                }
            }
            if missing {
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
}
