//! What a kubeconfig is refused for, and a server on the loopback that says what
//! a test wants.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

const CANARY: &str = "s3cr3t-canary";

fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{{cluster}}}}}]\n\
         users: [{{name: u, user: {{{user}}}}}]\n"
    )
}

fn open_text(text: &str, exec: bool) -> Result<Box<dyn Cluster>, ClusterError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    fs::write(&path, text).unwrap();
    open(&Access::Kubeconfig { path, exec })
}

fn refusal(text: &str) -> String {
    let error = open_text(text, false).err().unwrap().to_string();
    assert!(error.contains("config"), "names the file: {error}");
    assert!(!error.contains(CANARY), "{error}");
    error
}

#[test]
fn a_plain_kubeconfig_opens_without_asking_anybody() {
    let text = kubeconfig(
        "server: 'https://192.0.2.1:6443'",
        &format!("token: {CANARY}"),
    );
    assert!(open_text(&text, false).unwrap().present());
}

#[test]
fn programs_run_only_where_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = folder.path().join("ran");
    let user = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: touch, args: ['{}']}}",
        ran.display()
    );
    let text = kubeconfig("server: 'https://192.0.2.1:6443'", &user);
    let error = refusal(&text);
    assert!(
        error.contains("touch") && error.contains("--kubeconfig-exec"),
        "{error}"
    );
    assert!(!ran.exists());
    // Allowed, it runs; that it prints no credentials is said without what it printed.
    let error = open_text(&text, true).err().unwrap();
    assert!(
        ran.exists() && matches!(error, ClusterError::Client(_)),
        "{error}"
    );
    let provider = "auth-provider: {name: gcp, config: {cmd-path: touch}}";
    let error = refusal(&kubeconfig("server: 'https://192.0.2.1:6443'", provider));
    assert!(
        error.contains("gcp") && error.contains("--kubeconfig-exec"),
        "{error}"
    );
}

#[test]
fn nothing_unverified() {
    let user = format!("token: {CANARY}");
    let server = "server: 'https://192.0.2.1:6443'";
    let error = refusal(&kubeconfig(
        &format!("{server}, insecure-skip-tls-verify: true"),
        &user,
    ));
    assert!(error.contains("insecure-skip-tls-verify"), "{error}");
    let error = refusal(&kubeconfig("server: 'http://192.0.2.1:8080'", &user));
    assert!(error.contains("https"), "{error}");
    let error = refusal(&kubeconfig(
        &format!("{server}, proxy-url: 'http://u:{CANARY}@p'"),
        &user,
    ));
    assert!(error.contains("proxy-url"), "{error}");
}

#[test]
fn what_is_no_kubeconfig_is_said_without_repeating_it() {
    let server = "server: 'https://192.0.2.1:6443'";
    for text in [
        "",
        "[]",
        "- 1",
        "just words",
        &format!("users: {{{CANARY}"),
        &format!("a: {CANARY}\nb"),
        &format!("users: [{{name: u, user: {{token: [{CANARY}]}}}}]"),
        "current-context: none\n",
        &kubeconfig("", ""),
        &kubeconfig("server: 'not a url'", ""),
        &kubeconfig(&format!("{server}, certificate-authority: /no/such/ca"), ""),
        &kubeconfig(
            &format!("{server}, certificate-authority-data: '{CANARY}'"),
            "",
        ),
    ] {
        refusal(text);
    }
    let client = kubeconfig(
        server,
        &format!("client-certificate-data: '{CANARY}', client-key-data: '{CANARY}'"),
    );
    let error = open_text(&client, false).err().unwrap().to_string();
    assert!(!error.contains(CANARY), "{error}");
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let error = open(&Access::Kubeconfig {
            path: path.clone(),
            exec: false,
        })
        .err()
        .unwrap();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

/// A server that gives each connection the next answer and then closes.
fn serve(answers: Vec<String>) -> (Api, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            heads.push(String::from_utf8(head).unwrap());
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heads
    });
    (api(&format!("http://{address}")), server)
}

fn api(url: &str) -> Api {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    Api::connect(runtime, Config::new(url.parse().unwrap())).unwrap()
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn roles() -> Resource {
    let group = "rbac.authorization.k8s.io".into();
    Resource {
        group,
        version: "v1".into(),
        plural: "roles".into(),
    }
}

fn role_page(next: &str) -> String {
    let body = format!(
        r#"{{"kind":"RoleList","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{{"resourceVersion":"5","continue":"{next}"}},"items":[{{}}]}}"#
    );
    answer("200 OK", &body)
}

#[test]
fn lists_come_over_the_wire_once() {
    let (api, server) = serve(vec![
        role_page("more"),
        role_page(""),
        answer("200 OK", r#"{"gitVersion":"v1.36.2"}"#),
    ]);
    let first = api.list(&roles()).unwrap();
    assert_eq!(
        (first.items.len(), first.resource_version.as_str()),
        (2, "5")
    );
    assert_eq!(api.list(&roles()).unwrap(), first);
    assert_eq!(api.version().unwrap(), "v1.36.2");
    assert_eq!(api.version().unwrap(), "v1.36.2");
    let heads = server.join().unwrap();
    assert!(
        heads[0].starts_with("GET /apis/rbac.authorization.k8s.io/v1/roles?limit=500 HTTP/1.1\r\n")
    );
    assert!(heads[1].contains("&continue=more HTTP"));
    assert!(
        heads[0]
            .to_lowercase()
            .contains("accept: application/json\r\n")
    );
}

#[test]
fn a_busy_server_is_asked_again() {
    let (api, server) = serve(vec![answer("429 Too Many Requests", ""), role_page("")]);
    assert_eq!(api.list(&roles()).unwrap().items.len(), 1);
    assert_eq!(server.join().unwrap().len(), 2);
}

#[test]
fn refusals_keep_their_reason_and_are_not_asked_twice() {
    let (api, server) = serve(vec![answer("403 Forbidden", "{}")]);
    for _ in 0..2 {
        assert!(
            matches!(api.list(&roles()), Err(Miss::NotPermitted(why)) if why.contains("roles"))
        );
    }
    server.join().unwrap();
}

#[test]
fn an_answer_without_end_is_cut_and_an_early_end_is_no_list() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n".to_owned() + &"x".repeat(4096);
    let (api, server) = serve(vec![endless]);
    let cut = api.runtime.block_on(api.ask("/api/v1/pods", 1024));
    assert_eq!(
        cut.unwrap_err(),
        Miss::TooLarge {
            size: 1025,
            limit: 1024
        }
    );
    server.join().unwrap();
    let early = "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{\"kind\":".to_owned();
    let (api, server) = serve(vec![early]);
    assert!(matches!(api.list(&roles()), Err(Miss::Unreachable(_))));
    server.join().unwrap();
}

#[test]
fn nobody_there_is_said_once_with_the_address() {
    // Bound and dropped: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let api = api(&format!("http://user:{CANARY}@{free}"));
    let Err(Miss::Unreachable(why)) = api.version() else {
        panic!("nobody answers")
    };
    assert!(
        why.contains(&free.to_string()) && !why.contains(CANARY),
        "{why}"
    );
    assert_eq!(api.list(&roles()), Err(Miss::Unreachable(why)));
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    // It accepts in the kernel's queue and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut api = api(&format!("http://{}", listener.local_addr().unwrap()));
    api.patience = Duration::from_millis(100);
    let begun = std::time::Instant::now();
    assert!(matches!(api.list(&roles()), Err(Miss::Unreachable(why)) if why.contains("no answer")));
    assert!(matches!(api.version(), Err(Miss::Unreachable(_))));
    assert!(begun.elapsed() < Duration::from_secs(5));
}
