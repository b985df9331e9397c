"""Sign-in of people: authorization code with PKCE, device code, refresh tokens, consent, sign-out.

There are no passwords: whoever asks chooses who they are on a page that lists the directory's users.
"""
