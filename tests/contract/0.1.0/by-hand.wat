;; Asks something of every interface of contract 0.1.0, one check for each, and
;; passes with the receipt of what it was served.
;;! {"id": "by-hand", "title": "Made by hand for contract 0.1.0",
;;!  "requests": {
;;!    "files": [{"id": "conf", "paths": ["/etc/kubernetes/*.conf"], "rights": ["stat", "digest", "read"], "why": "to look at it"}],
;;!    "processes": [{"id": "kubelet", "executables": ["kubelet"], "why": "to find it"}],
;;!    "kubernetes": [{"id": "nodes", "api-version": "v1", "resource": "nodes", "verbs": ["list"], "fields": ["/spec"], "why": "to list them"}]},
;;!  "checks": [{"id": "f"}, {"id": "g"}, {"id": "p"}, {"id": "k"}, {"id": "v"}, {"id": "c"}]}

(import "cisb:host/context@0.1.0" "scan-time" (func $scan_time (param i32)))
(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(import "cisb:host/files@0.1.0" "glob" (func $glob (param i32 i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.observation" (func $entry (param i32) (result i64)))
(import "cisb:host/files@0.1.0" "[method]entry.stat" (func $stat (param i32 i32)))
(import "cisb:host/processes@0.1.0" "find" (func $find (param i32 i32 i32)))
(import "cisb:host/processes@0.1.0" "[method]process.info" (func $info (param i32 i32)))
(import "cisb:host/kubernetes@0.1.0" "list-objects" (func $list (param i32 i32 i32 i32 i32)))
(import "cisb:host/kubernetes@0.1.0" "server-version" (func $version (param i32)))
(import "cisb:host/log@0.1.0" "emit" (func $emit (param i32 i32 i32)))
(data (i32.const 256) "/etc/kubernetes/admin.conf")
(data (i32.const 288) "conf")
(data (i32.const 304) "kubelet")
(data (i32.const 320) "nodes")
(data (i32.const 336) "it is open to others")
(data (i32.const 368) "it was asked")

;; What lies at an address is the receipt.
(func $cite (param $at i32) (result i32)
  (i64.store (i32.const 192) (i64.load (local.get $at)))
  (call $answer (i32.const 1) (i32.const 368) (i32.const 12) (i32.const 1)))

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (local $id i32)
  (local.set $id (i32.load8_u (local.get $check)))
  (call $emit (i32.const 0) (i32.const 368) (i32.const 12))
  ;; f: a file, fails if others may read it
  (if (i32.eq (local.get $id) (i32.const 102))
    (then
      (call $open (i32.const 256) (i32.const 26) (i32.const 384))
      (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
      (call $stat (i32.load (i32.const 392)) (i32.const 448))
      (if (i32.load8_u (i32.const 448)) (then (return (call $tell (i32.const 448)))))
      (i64.store (i32.const 192) (call $entry (i32.load (i32.const 392))))
      (if (i32.and (i32.load (i32.const 460)) (i32.const 0x3f))
        (then (return (call $answer (i32.const 4) (i32.const 336) (i32.const 20) (i32.const 1)))))
      (return (call $answer (i32.const 1) (i32.const 368) (i32.const 12) (i32.const 1)))))
  ;; g: a search
  (if (i32.eq (local.get $id) (i32.const 103))
    (then
      (call $glob (i32.const 288) (i32.const 4) (i32.const 384))
      (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
      (return (call $cite (i32.const 392)))))
  ;; p: a process
  (if (i32.eq (local.get $id) (i32.const 112))
    (then
      (call $find (i32.const 304) (i32.const 7) (i32.const 384))
      (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
      (if (i32.load (i32.const 404))
        (then (call $info (i32.load (i32.load (i32.const 400))) (i32.const 512))))
      (return (call $cite (i32.const 392)))))
  ;; k: objects
  (if (i32.eq (local.get $id) (i32.const 107))
    (then
      (call $list (i32.const 320) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 384))
      (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
      (return (call $cite (i32.const 392)))))
  ;; v: the API server's version
  (if (i32.eq (local.get $id) (i32.const 118))
    (then
      (call $version (i32.const 384))
      (if (i32.load8_u (i32.const 384)) (then (return (call $tell (i32.const 384)))))
      (return (call $cite (i32.const 392)))))
  ;; c: the time and the node
  (call $scan_time (i32.const 384))
  (call $pass))
