Assert-Stun 'stun.azure.com'
