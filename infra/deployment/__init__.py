"""What a commit's cloud assemblies are, once synthesized: checked and deployed without another synth."""
