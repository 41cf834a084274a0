/// Pipeline
