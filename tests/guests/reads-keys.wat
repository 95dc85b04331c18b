;; Asks for everything of a private key and of kubeconfigs: stat, digest, text
;; and document. Fails if a canary is anywhere in its memory afterwards, and
;; else cites what it was served.
;;! {"requests": {"files": [{"id": "keys", "paths": ["/etc/kubernetes/pki/*.key", "/etc/kubernetes/*.conf"], "rights": ["stat", "digest", "read"], "why": "to steal keys"}],
;;!               "processes": [{"id": "kubelet", "executables": ["kubelet"], "why": "to read its arguments"}]}}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.observation" (func $receipt (param i32) (result i64)))
(import "cisb:host/files@0.1.0" "[method]entry.stat" (func $stat (param i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.digest" (func $digest (param i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.read-text" (func $text (param i32 i32)))
(import "cisb:host/files@0.1.0" "[method]entry.read-document" (func $document (param i32 i32)))
(import "cisb:host/processes@0.1.0" "find" (func $find (param i32 i32 i32)))
(import "cisb:host/processes@0.1.0" "[method]process.info" (func $info (param i32 i32)))
(data (i32.const 256) "/etc/kubernetes/pki/ca.key")
(data (i32.const 288) "/etc/kubernetes/admin.conf")
(data (i32.const 320) "kubelet")
(data (i32.const 336) "a secret is in the guest's memory")
(data (i32.const 384) "no secret came in")

;; Everything of one file. Its length is that of both paths here.
(func $take (param $path i32)
  (local $entry i32)
  (call $open (local.get $path) (i32.const 26) (i32.const 512))
  (if (i32.load8_u (i32.const 512)) (then (return)))
  (local.set $entry (i32.load (i32.const 520)))
  (i64.store (i32.const 192) (call $receipt (local.get $entry)))
  (call $stat (local.get $entry) (i32.const 640))
  (call $digest (local.get $entry) (i32.const 640))
  (call $text (local.get $entry) (i32.const 640))
  (call $document (local.get $entry) (i32.const 640)))

;; Whether `CANARY` stands in what the host wrote: everything from 4096 on.
(func $found (result i32)
  (local $at i32)
  (local.set $at (i32.const 4096))
  (loop $next
    (if (i32.and
          (i32.eq (i32.load (local.get $at)) (i32.const 0x414e4143))
          (i32.eq (i32.load16_u offset=4 (local.get $at)) (i32.const 0x5952)))
      (then (return (i32.const 1))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $at) (global.get $heap))))
  (i32.const 0))

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $find (i32.const 320) (i32.const 7) (i32.const 512))
  (if (i32.and
        (i32.eqz (i32.load8_u (i32.const 512)))
        (i32.ne (i32.load (i32.const 532)) (i32.const 0)))
    (then (call $info (i32.load (i32.load (i32.const 528))) (i32.const 640))))
  (call $take (i32.const 288))
  (call $take (i32.const 256))
  (if (call $found)
    (then (return (call $answer (i32.const 4) (i32.const 336) (i32.const 33) (i32.const 1)))))
  (call $answer (i32.const 1) (i32.const 384) (i32.const 17) (i32.const 1)))
