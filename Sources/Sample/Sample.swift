/// Sample
