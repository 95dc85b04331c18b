;; No crime: passes and cites the node. Shows that the others are refused for
;; what they do, and not because this prelude is wrong.

(func (export "cisb:profile/checks@0.1.0#run") (param $check i32) (param $check_len i32) (param i32 i32) (result i32)
  (call $pass))
