;; Imports the API of the cluster, for which its manifest has no request.

(import "cisb:host/kubernetes@0.1.0" "server-version" (func $version (param i32)))
(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $version (i32.const 128))
  (call $tell (i32.const 128)))
