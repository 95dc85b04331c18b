//! Canaries in every place that law 4 names, and facts that must stay.

use serde_json::json;

use super::*;

const JWT: &str =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IkNBTkFSWSJ9.eyJpc3MiOiJDQU5BUlkifQ.CANARYc2lnbmF0dXJl";

/// Masks a file twice: the second time must change nothing, and the masked text
/// must parse to the masked documents. Returns the masked text.
fn file(path: &str, contents: &str) -> String {
    let masked = text(path, contents.as_bytes());
    let again = text(path, &masked.bytes);
    assert_eq!(again.bytes, masked.bytes, "masking twice\n{contents}");
    let serve = |bytes: &[u8]| {
        let mut documents = document::parse_file(path, bytes).ok()?;
        documents.iter_mut().for_each(|document| {
            mask_value(path, document);
        });
        let structured = documents.iter().any(|document| !document.is_string());
        structured.then_some(documents)
    };
    assert_eq!(
        serve(contents.as_bytes()),
        serve(&masked.bytes),
        "replayed document\n{contents}"
    );
    let text = String::from_utf8(masked.bytes).unwrap();
    assert!(!text.contains("CANARY"), "{text}");
    assert_eq!(masked.changed, text != contents);
    text
}

#[test]
fn kubeconfigs() {
    let text = file(
        "/etc/kubernetes/admin.conf",
        "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://10.0.0.1:6443', certificate-authority-data: QUJD}\n\
         users:\n- name: a\n  user: {token: CANARY, client-certificate-data: PUBLIC, client-key-data: CANARY}\n\
         - name: b\n  user: {username: u, password: CANARY, tokenFile: /run/token, client-key: /etc/a.key}\n\
         - name: c\n  user: {auth-provider: {name: oidc, config: {id-token: CANARY, refresh-token: CANARY, client-secret: CANARY}}}\n\
         - name: d\n  user: {exec: {command: get, args: [--token, CANARY, --region=x], env: [{name: PROFILE, value: CANARY}]}}\n",
    );
    for kept in [
        "https://10.0.0.1:6443",
        "PUBLIC",
        "/run/token",
        "/etc/a.key",
        "oidc",
        "--region=x",
        "PROFILE",
        "\"u\"",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn registry_credentials_of_runtimes() {
    let toml = "\
version = 2
[plugins.\"io.containerd.grpc.v1.cri\"]
sandbox_image = \"registry.k8s.io/pause:3.10\" # CANARY is password=CANARY
[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r.example\".auth]
username = \"robot\"
password = \"CANARY\"
auth = 'CANARY'
identitytoken = \"\"\"
CANARY\"\"\"
[plugins.\"io.containerd.grpc.v1.cri\".registry.headers]
Authorization = [\"Basic CANARYCANARY\"]
";
    for path in [
        "/etc/containerd/config.toml",
        "/etc/containerd/config",
        "/etc/crio/crio.conf",
    ] {
        let toml = toml.replace(" # CANARY is password=CANARY", "");
        let text = file(path, &toml);
        for kept in ["registry.k8s.io/pause:3.10", "robot", "identitytoken"] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
    }
    let hosts = "server = \"https://r.example\"\n[host.\"https://u:CANARY@m.example\".header]\nauthorization = \"Bearer CANARYCANARYCANARY\"\n";
    file("/etc/containerd/certs.d/r.example/hosts.toml", hosts);
}

/// A unit that happens to be TOML stays a unit.
#[test]
fn units_of_systemd_stay_what_they_are() {
    let text = file(
        "/etc/systemd/system/kubelet.service.d/10.conf",
        "[Service]\nEnvironment=\"K3S_TOKEN=CANARY\"\n",
    );
    assert!(text.starts_with("[Service]\nEnvironment="), "{text}");
}

#[test]
fn encryption_configurations_keep_providers_in_order() {
    let mut value = json!({"kind": "EncryptionConfiguration", "resources": [{"resources": ["secrets"], "providers": [
        {"aescbc": {"keys": [{"name": "key1", "secret": "CANARY"}]}},
        {"kms": {"name": "k", "endpoint": "unix:///run/kms.sock"}},
        {"identity": {}}]}]});
    assert_eq!(mask_value("/etc/kubernetes/enc.yaml", &mut value), 1);
    assert_eq!(
        value["resources"][0]["providers"],
        json!([
        {"aescbc": {"keys": [{"name": "key1", "secret": "masked"}]}},
        {"kms": {"name": "k", "endpoint": "unix:///run/kms.sock"}},
        {"identity": {}}])
    );
}

#[test]
fn distributions_configuration() {
    let text = file(
        "/etc/rancher/rke2/config.yaml",
        "token: CANARY\nagent-token: CANARY\nserver: https://10.0.0.1:9345\ndatastore-endpoint: 'mysql://u:CANARY@tcp(db:3306)/k'\n\
         etcd-s3-secret-key: CANARY\netcd-s3-access-key: CANARY\nprofile: cis\nkube-apiserver-arg:\n- anonymous-auth=false\n- etcd-token=CANARY\n",
    );
    for kept in [
        "https://10.0.0.1:9345",
        "anonymous-auth=false",
        "\"cis\"",
        "datastore-endpoint",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn cloud_configuration() {
    let text = file(
        "/etc/kubernetes/azure.json",
        r#"{"cloud": "AzurePublicCloud", "aadClientId": "id", "aadClientSecret": "CANARY", "aadClientCertPassword": "CANARY", "storageAccountKey": "CANARY", "useManagedIdentityExtension": true}"#,
    );
    assert!(
        text.contains("AzurePublicCloud") && text.contains("\"id\""),
        "{text}"
    );
    let text = file(
        "/etc/kubernetes/cloud.conf",
        "[Global]\nauth-url = https://keystone:5000/v3\nusername=admin\npassword = \"CANARY with spaces\"\n\
         secret-key=CANARY\napplication-credential-secret = CANARY\n[VirtualCenter \"x\"]\npassword=CANARY too\n",
    );
    assert!(
        text.contains("https://keystone:5000/v3") && text.contains("username=admin"),
        "{text}"
    );
    file(
        "/root/.aws/credentials",
        "[default]\naws_access_key_id = CANARYID\naws_secret_access_key = CANARY\naws_session_token=CANARY\n",
    );
}

#[test]
fn registry_credentials() {
    let text = file(
        "/root/.docker/config.json",
        r#"{"auths": {"registry.example": {"auth": "CANARY", "identitytoken": "CANARY", "username": "u", "password": "CANARY"}}}"#,
    );
    assert!(text.contains("registry.example"), "{text}");
    file(
        "/etc/rancher/k3s/registries.yaml",
        "configs:\n  reg:\n    auth: {username: u, password: CANARY}\n    tls: {ca_file: /ca}\n",
    );
    let text = file(
        "/etc/containerd/config.toml",
        "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry.configs.\"r\".auth]\n  username = \"u\"\n  password = \"CANARY\"\n  auth = 'CANARY'\n  identitytoken = \"CANARY\"\n",
    );
    assert!(
        text.contains("version = 2") && text.contains("username = \"u\""),
        "{text}"
    );
}

#[test]
fn secrets_in_manifests_and_lists() {
    let text = file(
        "/var/lib/rancher/k3s/server/manifests/x.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {kept-name: Q0FOQVJZ}\nstringData: {other: CANARY}\n---\nkind: List\nitems:\n- kind: Secret\n  data: {a: Q0FOQVJZ}\n",
    );
    assert!(
        text.contains("kept-name") && !text.contains("Q0FOQVJZ"),
        "{text}"
    );
    let text = file(
        "/etc/kubernetes/manifests/a.yaml",
        "kind: Pod\nspec:\n  containers:\n  - command: [a, --token=CANARY, --etcd-servers=https://u:CANARY@h:2379, --anonymous-auth=false]\n    args: [sh, -c, 'exec b --password CANARY --v 2']\n    env:\n    - {name: DB_PASSWORD, value: CANARY}\n    - {name: API_TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}\n    - {name: MODE, value: quiet}\n",
    );
    for kept in [
        "--anonymous-auth=false",
        "@h:2379",
        "--v 2",
        "quiet",
        "secretKeyRef",
        "DB_PASSWORD",
    ] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
}

#[test]
fn text_that_is_no_document() {
    let text = file(
        "/etc/systemd/system/k.service",
        &format!(
            "[Service]\nEnvironment=\"K3S_TOKEN=CANARY\" MODE=x\nEnvironment=DB_PASS=CANARY\nExecStart=/usr/bin/k --token CANARY --v=2 --bootstrap-token=CANARY \\\n  --kubeconfig=/etc/k.conf --header \"Authorization: Bearer CANARY1\"\n# once {JWT} was here\n"
        ),
    );
    for kept in ["--v=2", "--kubeconfig=/etc/k.conf", "MODE=x", "[Service]"] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    file(
        "/x",
        &format!("join with K10{}::server:CANARY now\n", "ab".repeat(32)),
    );
    file(
        "/x",
        "curl -H 'X: Bearer CANARYCANARYCANARYCANARY' https://user:CANARY@host/path?access_token=CANARY\n",
    );
    file("/x", "dsn user:CANARY@tcp(db:3306)/k\n");
    file(
        "/x",
        "note\n-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\nend\n",
    );
    file(
        "/x",
        "note -----BEGIN PRIVATE KEY-----\nCANARY without an end",
    );
    for token in [
        "abcdef.0123456789abcdef".to_owned(),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "ghp_0123456789abcdefghij0123456789abcdef".to_owned(),
        JWT.to_owned(),
        format!("K10{}::server:secret", "0a".repeat(32)),
    ] {
        assert_eq!(mask_text(&format!("a '{token}' b")), "a 'masked' b");
    }
}

#[test]
fn broken_documents() {
    file(
        "/x",
        "users:\n- user:\n    token: CANARY\n    client-key-data: >-\n      CANARY\n      CANARY\n   broken: [\n",
    );
    file(
        "/x",
        "users:\n  password:\n    CANARY\n  name: a\n bad\n: : :\n- [\n",
    );
    file(
        "/x",
        r#"{"users": [{"user": {"token": "CANARY", "password" : "CAN\"ARY CANARY"}}], "#,
    );
    file("/x", r#"{"a": "{\"password\":\"CANARY\",\"x\":1}", "#);
}

#[test]
fn comments_of_a_document() {
    let text = file("/x", "# old token: CANARY\na: 1 # password=CANARY\n");
    assert!(text.contains("a: 1"), "{text}");
}

#[test]
fn arguments() {
    let mask = |args: &[&str]| {
        let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        mask_args(&mut args);
        let once = args.clone();
        mask_args(&mut args);
        assert_eq!(args, once);
        args
    };
    assert_eq!(
        mask(&[
            "kubelet",
            "--token=CANARY",
            "--token",
            "CANARY",
            "-password=CANARY",
            "--token-auth-file=/t",
            "--v",
            "2"
        ]),
        [
            "kubelet",
            "--token=masked",
            "--token",
            "masked",
            "-password=masked",
            "--token-auth-file=/t",
            "--v",
            "2"
        ]
    );
    assert_eq!(
        mask(&[
            "k3s",
            "--datastore-endpoint",
            "postgres://u:CANARY@h/db",
            "--etcd-servers=https://u:CANARY@a,https://b",
            "--cloud-config=/etc/azure.json"
        ]),
        [
            "k3s",
            "--datastore-endpoint",
            "masked",
            "--etcd-servers=https://masked@a,https://b",
            "--cloud-config=/etc/azure.json"
        ]
    );
    assert_eq!(
        mask(&[
            "sh",
            "-c",
            "exec x --token=CANARY --agent-token CANARY -v 1"
        ]),
        [
            "sh",
            "-c",
            "exec x --token=masked --agent-token masked -v 1"
        ]
    );
    assert_eq!(
        mask(&["etcd", "--auth-token=simple", "--password", "--v=1"]),
        ["etcd", "--auth-token=simple", "--password", "--v=1"]
    );
    assert_eq!(
        mask(&["x", "--token", "-CANARY", "--kubelet-arg=token=CANARY"]),
        ["x", "--token", "masked", "--kubelet-arg=token=masked"]
    );
}

#[test]
fn environment() {
    assert_eq!(mask_env("K3S_TOKEN", "CANARY"), MASKED);
    assert_eq!(
        mask_env("HTTPS_PROXY", "http://u:CANARY@proxy:3128"),
        "http://masked@proxy:3128"
    );
    assert_eq!(mask_env("ETCD_TRUSTED_CA_FILE", "/ca.crt"), "/ca.crt");
    assert_eq!(mask_env("ETCD_AUTH_TOKEN", "simple"), "simple");
    let kubeconfig = mask_env("KUBECONFIG_JSON", r#"{"user": {"password": "CANARY"}}"#);
    assert!(!kubeconfig.contains("CANARY"), "{kubeconfig}");
}

#[test]
fn api_objects() {
    let kubeconfig = "kind: Config\nusers:\n- user:\n    token: CANARY\n";
    let mut config_map = json!({
        "metadata": {"name": "m", "managedFields": [{"CANARY": 1}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "CANARY", "a": "b"}},
        "data": {"kubeconfig": kubeconfig, "jws-kubeconfig-abc": JWT, "plain": "x", "nested": json!({"a": kubeconfig}).to_string()},
        "binaryData": {"store": "CANARY"},
    });
    mask_object("configmaps", &mut config_map);
    assert!(!config_map.to_string().contains("CANARY"), "{config_map:#}");
    assert_eq!(
        config_map["metadata"],
        json!({"name": "m", "annotations": {"a": "b"}})
    );
    assert_eq!(config_map["data"]["plain"], "x");
    let once = config_map.clone();
    assert_eq!(mask_object("configmaps", &mut config_map), 0);
    assert_eq!(config_map, once);

    let mut secret = json!({"metadata": {"name": "s"}, "type": "Opaque", "data": {"k": "CANARY"}});
    mask_object("secrets", &mut secret);
    assert_eq!(secret["data"], json!({"k": "masked"}));

    let mut pod = json!({"spec": {"automountServiceAccountToken": false, "containers": [{"env": [
        {"name": "SECRET_KEY", "value": "CANARY"}, {"name": "PORT", "value": "80"}, {"name": "TOKEN", "value": "$(OTHER)"}]}],
        "volumes": [{"secret": {"secretName": "s"}}, {"projected": {"sources": [{"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}]}}]}});
    let original = pod.clone();
    assert_eq!(mask_object("pods", &mut pod), 1);
    assert_eq!(pod["spec"]["containers"][0]["env"][0]["value"], MASKED);
    pod["spec"]["containers"][0]["env"][0]["value"] =
        original["spec"]["containers"][0]["env"][0]["value"].clone();
    assert_eq!(pod, original);
}

#[test]
fn bytes_that_are_not_utf_8() {
    let masked = text("/x", b"\xff\xfe token=CANARY\n\xe9");
    assert_eq!(masked.bytes, b"\xff\xfe token=masked\n\xe9");
}

#[test]
fn facts_stay() {
    for text in [
        "apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication: {anonymous: {enabled: false}, webhook: {cacheTTL: 2m}, x509: {clientCAFile: /ca.crt}}\nauthorization: {mode: Webhook}\nrotateCertificates: true\n",
        "--token-auth-file=/x --authorization-mode=Node,RBAC --service-account-key-file=/sa.pub --enable-bootstrap-token-auth=true",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "image: registry.k8s.io/kube-apiserver:v1.36.2\n",
        "root:x:0:0:root:/root:/bin/bash\n",
        "https://host:2379/a@b https://[::1]:2379/a@b",
        "Basic authentication and bearer tokens are off",
        "kube-controller-manager --use-service-account-credentials is true",
        "automountServiceAccountToken: false on every ServiceAccount named default",
        "Group system:bootstrappers:kubeadm:default-node-token: what a joining node needs",
    ] {
        assert_eq!(
            String::from_utf8(super::text("/x", text.as_bytes()).bytes).unwrap(),
            text
        );
    }
}

/// Joins pieces of secrets, syntax and odd bytes in every which way: nothing may
/// panic, and masking what is masked may change nothing.
#[test]
fn any_text_can_be_masked_and_masked_again() {
    const PIECES: [&str; 47] = [
        "token",
        "password",
        ":",
        ": ",
        "=",
        " = ",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\n",
        "\n  ",
        "\n    ",
        "|",
        ">-",
        "[",
        "]",
        "{",
        "}",
        ",",
        " ",
        "- ",
        "--",
        "#",
        "://",
        "@",
        "@tcp(",
        "/",
        "é",
        "\u{1f600}",
        "\u{feff}",
        "\0",
        "a",
        "Bearer ",
        "K10",
        "eyJhbGciOiJIUzI1NiJ9.",
        "abcdef.0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "masked",
        "$(X)",
        "true",
        "kind: Secret\ndata:\n  a: b\n",
        "[table]\npassword = \"",
        "\"\n",
        "auth = 'a'\n",
    ];
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..60_000 {
        let input: String = (0..=random(14))
            .map(|_| PIECES[random(PIECES.len())])
            .collect();
        let once = text("/x", input.as_bytes());
        let twice = text("/x", &once.bytes);
        assert_eq!(
            String::from_utf8_lossy(&twice.bytes),
            String::from_utf8_lossy(&once.bytes),
            "{input:?}"
        );
        let serve = |bytes: &[u8]| {
            let mut documents = document::parse_file("/x", bytes).ok()?;
            for document in &mut documents {
                mask_value("/x", document);
            }
            Some(documents)
        };
        assert_eq!(serve(&once.bytes), serve(input.as_bytes()), "{input:?}");
        secrecy("/x", input.as_bytes());
        let mut args = [input.clone(), input];
        mask_args(&mut args);
    }
}
