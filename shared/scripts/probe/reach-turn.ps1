Assert-Stun 'worldaz.relay.teams.microsoft.com'
