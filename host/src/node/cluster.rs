//! The live API of a cluster, read with GET and nothing else.
//!
//! Credentials come from the file that was named, or from the pod's service
//! account if that was asked for; never from the environment, a home directory
//! or the scanned root. The server's certificate is always verified.

mod list;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout};

use self::list::{LIMITS, Reply, Server};
use super::{Cluster, Miss, Objects, Resource};

/// One request, from the connection to the last byte.
const REQUEST: Duration = Duration::from_secs(10);
/// One list, all its pages.
const LIST: Duration = Duration::from_secs(120);
/// A server that is busy is asked this often.
const TRIES: usize = 3;
/// A larger kubeconfig is not one.
const KUBECONFIG: u64 = 8 << 20;

/// Why the API of a cluster could not be set up. No message repeats what is in
/// the file: it holds credentials.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The file is missing or may not be read.
    #[error("the kubeconfig {} cannot be read", .path.display())]
    Read {
        /// What was asked for.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file is not a kubeconfig, or its current context leads nowhere.
    #[error("the kubeconfig {} cannot be used: {reason}", .path.display())]
    Unusable {
        /// What was asked for.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Its user is a program to run.
    #[error("the kubeconfig {} runs the program {program:?} for its credentials: allow it with --kubeconfig-exec", .path.display())]
    Exec {
        /// What was asked for.
        path: PathBuf,
        /// What would be run.
        program: String,
    },
    /// It turns off the verification of the server.
    #[error("the kubeconfig {} sets insecure-skip-tls-verify: remove it and give certificate-authority", .path.display())]
    Insecure {
        /// What was asked for.
        path: PathBuf,
    },
    /// The server is not reached over TLS.
    #[error("the kubeconfig {} names a server that is not https", .path.display())]
    NotHttps {
        /// What was asked for.
        path: PathBuf,
    },
    /// The server is only reached through a proxy.
    #[error("the kubeconfig {} sets proxy-url, which is not supported: name a server that is reached directly", .path.display())]
    Proxy {
        /// What was asked for.
        path: PathBuf,
    },
    /// This is not a pod with a service account.
    #[error("--in-cluster finds no service account: {0}")]
    InCluster(String),
    /// The client could not be built from it.
    #[error("the client of the API server cannot be set up: {0}")]
    Client(String),
}

/// Where the API server and the credentials for it are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// In this file's current context.
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Whether it may run a program for credentials.
        exec: bool,
    },
    /// In the service account of the pod that runs the scan.
    InCluster,
}

/// Prepares to ask a cluster. Nothing is sent before the first question.
pub fn open(access: &Access) -> Result<Box<dyn Cluster>, ClusterError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ClusterError::Client(error.to_string()))?;
    let config = match access {
        Access::Kubeconfig { path, exec } => from_kubeconfig(&runtime, path, *exec)?,
        Access::InCluster => {
            Config::incluster().map_err(|error| ClusterError::InCluster(error.to_string()))?
        }
    };
    Ok(Box::new(Api::connect(runtime, config)?))
}

fn from_kubeconfig(runtime: &Runtime, path: &Path, exec: bool) -> Result<Config, ClusterError> {
    let path = || path.to_owned();
    let unusable = |reason: String| ClusterError::Unusable {
        path: path(),
        reason,
    };
    let read = |source| ClusterError::Read {
        path: path(),
        source,
    };
    let metadata = std::fs::metadata(path()).map_err(read)?;
    if metadata.is_dir() {
        return Err(unusable("it is a directory".into()));
    }
    if metadata.len() > KUBECONFIG {
        return Err(unusable(format!("it is larger than {KUBECONFIG} bytes")));
    }
    let explain = |error| match error {
        KubeconfigError::ReadConfig(source, _) => ClusterError::Read {
            path: path(),
            source,
        },
        error => unusable(plain(&error)),
    };
    let mut file = Kubeconfig::read_from(path()).map_err(explain)?;
    for cluster in file
        .clusters
        .iter_mut()
        .filter_map(|named| named.cluster.as_mut())
    {
        // The library asks the environment for a proxy where the file names none.
        match cluster.proxy_url.as_deref() {
            None | Some("") => cluster.proxy_url = Some("http://none.invalid".into()),
            Some(_) => cluster.proxy_url = Some("http://set.invalid".into()),
        }
    }
    let options = KubeConfigOptions::default();
    let config = runtime.block_on(Config::from_custom_kubeconfig(file, &options));
    let mut config = config.map_err(explain)?;
    if config
        .proxy_url
        .take()
        .is_some_and(|proxy| proxy.host() == Some("set.invalid"))
    {
        return Err(ClusterError::Proxy { path: path() });
    }
    if config.accept_invalid_certs {
        return Err(ClusterError::Insecure { path: path() });
    }
    if config.cluster_url.scheme_str() != Some("https") {
        return Err(ClusterError::NotHttps { path: path() });
    }
    let user = &config.auth_info;
    let program = user
        .exec
        .as_ref()
        .map(|exec| exec.command.clone().unwrap_or_default());
    let program = program.or_else(|| user.auth_provider.as_ref().map(|it| it.name.clone()));
    if let (Some(program), false) = (program, exec) {
        return Err(ClusterError::Exec {
            path: path(),
            program,
        });
    }
    Ok(config)
}

/// An error of the library in words that hold nothing from the file.
fn plain(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::CurrentContextNotSet => "it sets no current-context".into(),
        KubeconfigError::LoadContext(name) => format!("it has no context {name:?}"),
        KubeconfigError::LoadClusterOfContext(name) => format!("it has no cluster {name:?}"),
        KubeconfigError::MissingClusterUrl => "its cluster names no server".into(),
        KubeconfigError::ParseClusterUrl(_) => "its server is not a URL".into(),
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "its certificate authority cannot be read".into()
        }
        KubeconfigError::LoadClientCertificate(_) => "its client certificate cannot be read".into(),
        KubeconfigError::LoadClientKey(_) => "its client key cannot be read".into(),
        KubeconfigError::Parse(_) => "it is not the YAML of a kubeconfig".into(),
        _ => "its settings contradict each other".into(),
    }
}

/// An API server and what it has said in this run.
struct Api {
    runtime: Runtime,
    client: Client,
    /// Host and port, for messages.
    address: String,
    /// How long one request may take.
    patience: Duration,
    answers: Mutex<HashMap<Resource, Result<Objects, Miss>>>,
    version: OnceLock<Result<String, Miss>>,
    /// Set once nobody has answered at all: later questions would wait as long.
    down: OnceLock<Miss>,
    /// Set once somebody has.
    up: OnceLock<()>,
}

impl Api {
    fn connect(runtime: Runtime, mut config: Config) -> Result<Self, ClusterError> {
        // Our own timeouts cover all of it, and our own retries stay within them.
        config.default_retry = false;
        config.connect_timeout = Some(REQUEST);
        let address = config
            .cluster_url
            .authority()
            .map_or_else(String::new, |authority| {
                let port = authority
                    .port()
                    .map_or_else(String::new, |port| format!(":{port}"));
                format!("{}{port}", authority.host())
            });
        let client = {
            let _guard = runtime.enter();
            Client::try_from(config).map_err(|error| ClusterError::Client(reason(&error)))?
        };
        Ok(Self {
            runtime,
            client,
            address,
            patience: REQUEST,
            answers: Mutex::default(),
            version: OnceLock::new(),
            down: OnceLock::new(),
            up: OnceLock::new(),
        })
    }

    async fn ask(&self, path: &str, limit: usize) -> Result<Reply, Miss> {
        let request = Request::get(path)
            .header(header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|_| Miss::BadPath(format!("{path:?} is no path of an API")))?;
        let sent = self.client.send(request).await;
        let response = sent.map_err(|error| self.unreachable(&reason(&error)))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), limit).collect().await;
        let body = body.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => Miss::TooLarge {
                size: limit as u64 + 1,
                limit: limit as u64,
            },
            Err(error) => self.unreachable(&deepest(error.as_ref())),
        })?;
        Ok(Reply {
            status,
            body: body.to_bytes().to_vec(),
        })
    }

    async fn ask_patiently(&self, path: &str, limit: usize) -> Result<Reply, Miss> {
        let mut tries = 1;
        loop {
            let answer = timeout(self.patience, self.ask(path, limit))
                .await
                .unwrap_or_else(|_| {
                    Err(self
                        .unreachable(&format!("no answer within {} s", self.patience.as_secs())))
                });
            let busy = answer.as_ref().is_ok_and(|reply| {
                matches!(
                    reply.status,
                    StatusCode::TOO_MANY_REQUESTS
                        | StatusCode::SERVICE_UNAVAILABLE
                        | StatusCode::GATEWAY_TIMEOUT
                )
            });
            if !busy || tries >= TRIES {
                return answer;
            }
            tries += 1;
            sleep(Duration::from_secs(1)).await;
        }
    }

    fn unreachable(&self, reason: &str) -> Miss {
        Miss::Unreachable(format!(
            "the API server {} cannot be reached: {reason}",
            self.address
        ))
    }
}

/// Questions that share one deadline.
struct Session<'a> {
    api: &'a Api,
    deadline: Instant,
}

impl Server for Session<'_> {
    fn get(&self, path: &str, limit: usize) -> Result<Reply, Miss> {
        let api = self.api;
        if let Some(miss) = api.down.get() {
            return Err(miss.clone());
        }
        let answer = api.runtime.block_on(async {
            tokio::time::timeout_at(self.deadline, api.ask_patiently(path, limit))
                .await
                .unwrap_or_else(|_| Err(api.unreachable("the whole list took too long")))
        });
        match &answer {
            Err(miss @ Miss::Unreachable(_)) if api.up.get().is_none() => {
                let _ = api.down.set(miss.clone());
            }
            _ => drop(api.up.set(())),
        }
        answer
    }
}

impl Cluster for Api {
    fn present(&self) -> bool {
        true
    }

    fn list(&self, resource: &Resource) -> Result<Objects, Miss> {
        // Held while asking, so that two checks see the same answer.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(resource) {
            return answer.clone();
        }
        let session = Session {
            api: self,
            deadline: Instant::now() + LIST,
        };
        let answer = list::list(&session, resource, LIMITS);
        answers.insert(resource.clone(), answer.clone());
        answer
    }

    fn version(&self) -> Result<String, Miss> {
        let ask = || {
            let session = Session {
                api: self,
                deadline: Instant::now() + LIST,
            };
            list::version(&session)
        };
        self.version.get_or_init(ask).clone()
    }
}

/// What went wrong, from the innermost cause, which is the one a person can act
/// on. What a credential program printed is left out.
fn reason(error: &kube::Error) -> String {
    match error {
        kube::Error::Auth(_) => "its credentials cannot be obtained".into(),
        kube::Error::InferKubeconfig(error) => plain(error),
        kube::Error::Service(error) => match error.downcast_ref::<kube::Error>() {
            Some(inner) => reason(inner),
            None => deepest(error.as_ref()),
        },
        error => deepest(error),
    }
}

fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
#[path = "cluster/tests.rs"]
mod tests;
