"""One public function a verb: plain values in and out, `now` an argument, one commit, last."""
