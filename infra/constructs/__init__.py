"""What more than one stage needs: the constructs that every stack is built from."""
