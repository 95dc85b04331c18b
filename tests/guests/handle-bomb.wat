;; Opens the same file again and again and closes none.
;;! {"requests": {"files": [{"id": "manifests", "paths": ["/etc/kubernetes/manifests/*.yaml"], "rights": ["stat"], "why": "to look innocent"}]}}

(import "cisb:host/files@0.1.0" "open" (func $open (param i32 i32 i32)))
(data (i32.const 256) "/etc/kubernetes/manifests/etcd.yaml")
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (local $left i32)
  (local.set $left (i32.const 100000))
  (loop $more
    (call $open (i32.const 256) (i32.const 35) (i32.const 128))
    (if (i32.load8_u (i32.const 128)) (then (return (call $tell (i32.const 128)))))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $more (local.get $left)))
  (call $pass))
