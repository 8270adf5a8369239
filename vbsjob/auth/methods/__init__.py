"""Sign-in methods: one module per method with its settings; auth.loading lists them."""
