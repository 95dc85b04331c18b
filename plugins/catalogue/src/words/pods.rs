//! Words for what pods may be and do.

use super::urls::{PSA, PSS, SECCOMP, SECRETS_GOOD, SECURITY_CONTEXT};
use crate::control::Words;

pub(super) const WORDS: &[Words] = &[
    Words {
        control: "pod-policy-mechanism-active",
        title: "Every namespace with workloads is under a pod policy",
        rationale: "Without Pod Security Admission or a policy engine anyone who may create a \
            pod may take over its node.",
        procedure: "namespace-policy",
        set: "Look for namespaces without label pod-security.kubernetes.io/enforce; decide a \
            level for each, or show that a policy engine (Kyverno, Gatekeeper, \
            ValidatingAdmissionPolicy) covers them",
        breaks: "",
        references: &[PSA],
    },
    Words {
        control: "pods-no-privileged",
        title: "No container is privileged outside system namespaces (privileged: true)",
        rationale: "A privileged container has all devices and capabilities: it is root on the \
            node in everything but name.",
        procedure: "namespace-policy",
        set: "enforce=baseline where it can be; for each container shown decide whether \
            capabilities, a device plugin or a system namespace serve it instead",
        breaks: "CNI, CSI and some monitoring agents need it: keep those in namespaces of their \
            own.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-host-pid",
        title: "No pod shares the node's process namespace (hostPID: true)",
        rationale: "It sees all processes of the node with their arguments and environment, and \
            as root may signal or trace them.",
        procedure: "namespace-policy",
        set: "enforce=baseline; for each pod shown decide whether it is a node agent that must \
            see processes, else remove hostPID",
        breaks: "Node agents (exporters, security sensors, kubectl debug node/) lose sight of \
            the node.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-host-ipc",
        title: "No pod shares the node's IPC namespace (hostIPC: true)",
        rationale: "Shared memory and semaphores of node processes become readable and writable \
            from the pod.",
        procedure: "namespace-policy",
        set: "enforce=baseline; remove hostIPC from each pod shown unless its vendor states why \
            it is needed",
        breaks: "Some GPU and database software shares memory this way; an emptyDir with medium: \
            Memory may do.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-host-network",
        title: "No pod shares the node's network (hostNetwork: true)",
        rationale: "It reaches loopback services and cloud metadata as the node, and \
            NetworkPolicy seldom applies to it.",
        procedure: "namespace-policy",
        set: "enforce=baseline; for each pod shown decide whether a Service or hostPort is \
            enough, or move it to a system namespace",
        breaks: "Ingress controllers and CNI agents often need it.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-privilege-escalation",
        title: "Containers set allowPrivilegeEscalation: false",
        rationale: "Otherwise a setuid binary in the image lifts a process of an ordinary user \
            to root in the container.",
        procedure: "namespace-policy",
        set: "securityContext.allowPrivilegeEscalation: false in every container (unset counts \
            as true), then enforce=restricted",
        breaks: "sudo, ping with setuid and similar tools in the image stop working.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-root",
        title: "Containers do not run as root (runAsNonRoot: true)",
        rationale: "Root in a container is root on the node after a flaw in kernel or runtime, \
            unless user namespaces are on.",
        procedure: "namespace-policy",
        set: "securityContext.runAsNonRoot: true and a runAsUser other than 0, then \
            enforce=restricted; look which images declare no USER and decide whether to rebuild",
        breaks: "Images that start as root or write to root-owned paths fail: fix ownership in \
            the image, set fsGroup.",
        references: &[PSS],
    },
    Words {
        control: "pods-drop-net-raw",
        title: "Containers drop capability NET_RAW",
        rationale: "Raw sockets let a pod forge packets: ARP and DNS spoofing against neighbours \
            on the node.",
        procedure: "namespace-policy",
        set: "securityContext.capabilities.drop: [ALL] (or [NET_RAW]); enforce=restricted \
            demands ALL. Look also at the runtime: CRI-O leaves NET_RAW out by default, \
            containerd does not",
        breaks: "ping may fail (see net.ipv4.ping_group_range); packet capture fails.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-added-capabilities",
        title: "Containers add no capabilities (capabilities.add)",
        rationale: "SYS_ADMIN, NET_ADMIN, SYS_PTRACE and others are half-way to root on the node.",
        procedure: "namespace-policy",
        set: "enforce=baseline refuses all but the usual defaults (NET_RAW is not among them), \
            restricted all but NET_BIND_SERVICE; for each shown decide whether the program needs \
            it",
        breaks: "Network tools, debuggers and storage agents lose functions.",
        references: &[PSS],
    },
    Words {
        control: "pods-drop-all-capabilities",
        title: "Containers that need none drop ALL capabilities",
        rationale: "The default set still allows chown, setuid, mknod or raw sockets, all of use \
            to an intruder.",
        procedure: "namespace-policy",
        set: "securityContext.capabilities.drop: [ALL], then enforce=restricted; add back \
            NET_BIND_SERVICE only where a port below 1024 must be bound",
        breaks: "Images that start as root and step down need SETUID, SETGID and CHOWN: better \
            start as the user.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-windows-host-process",
        title: "No Windows container is a HostProcess (windowsOptions.hostProcess)",
        rationale: "A HostProcess container runs on the Windows node itself, with the rights of \
            a host account.",
        procedure: "namespace-policy",
        set: "enforce=baseline; for each pod shown decide whether it is a node agent (CNI, CSI, \
            kube-proxy) in a system namespace, else remove it",
        breaks: "Windows node agents are built on it.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-host-path",
        title: "No pod mounts a hostPath volume",
        rationale: "A path of the node leads to kubelet credentials, the runtime's socket or \
            /etc: an easy way out of the container.",
        procedure: "namespace-policy",
        set: "enforce=baseline; for each path shown decide: emptyDir, a local or CSI volume, or, \
            for node agents, readOnly and the narrowest path",
        breaks: "Log and metrics agents read /var/log, /proc or sockets this way.",
        references: &[PSS],
    },
    Words {
        control: "pods-no-host-ports",
        title: "No container takes a port of the node (hostPort)",
        rationale: "A hostPort is reachable from the node's network, often past policy, and can \
            shadow a port that others trust.",
        procedure: "namespace-policy",
        set: "enforce=baseline; replace each hostPort shown by a Service (NodePort, \
            LoadBalancer) or Ingress, or keep it for a node agent on purpose",
        breaks: "Clients that call NODE:PORT need the new address.",
        references: &[PSS],
    },
    Words {
        control: "secrets-not-in-environment",
        title: "Secrets reach containers as files, not as environment variables",
        rationale: "The environment leaks into crash dumps, child processes and debug pages, and \
            a rotated Secret does not arrive.",
        procedure: "pod-spec",
        set: "Look at env.valueFrom.secretKeyRef and envFrom.secretRef shown; decide which \
            programs can read a file instead (volumes.secret, readOnly), and change those",
        breaks: "The program must support reading files; many images offer NAME_FILE variables.",
        references: &[SECRETS_GOOD],
    },
    Words {
        control: "pods-seccomp-profile",
        title: "Pods run under a seccomp profile (RuntimeDefault or Localhost)",
        rationale: "Unconfined, the default, a container may call every kernel function, the \
            seldom tested ones included.",
        procedure: "pod-spec",
        set: "securityContext.seccompProfile.type: RuntimeDefault in the pod template, or \
            seccompDefault: true in the kubelet's configuration for all pods",
        breaks: "Programs with rare system calls (profilers, sandboxes, old databases) get \
            EPERM: give those a Localhost profile.",
        references: &[SECCOMP],
    },
    Words {
        control: "pods-security-context",
        title: "Pods and containers set a securityContext",
        rationale: "Without one they run with image and runtime defaults: often root, a writable \
            file system, default capabilities.",
        procedure: "pod-spec",
        set: "Look which workloads shown set nothing; decide for each runAsNonRoot, \
            allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities.drop: \
            [ALL], seccompProfile",
        breaks: "readOnlyRootFilesystem needs an emptyDir where the program writes, such as /tmp.",
        references: &[SECURITY_CONTEXT],
    },
];
