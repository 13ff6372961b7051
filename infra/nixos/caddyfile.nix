# The site: TLS, who may see Temporal's Web UI, and the routes that every deployment shares.
{ root }:
''
  {
  	admin off
  	persist_config off
  }

  {$FORMWRIGHT_SITE} {
  	header Strict-Transport-Security "max-age=31536000"

  	# The Web UI has no accounts of its own, and can signal and start workflows.
  	basic_auth /temporal* {
  		{$FORMWRIGHT_OPERATOR} {$FORMWRIGHT_OPERATOR_HASH}
  	}

  	import ${root}/infra/caddy/routes.caddy
  }
''
