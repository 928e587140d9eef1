namespace MicroGpt.Cli;

/// <summary>No progress: only the samples, one on each line, and notes.</summary>
sealed class QuietReport : ITrainingReport
{
    public void Notice(string sentence) => Complaint.Note(sentence);

    public void Step(TrainingStep step)
    {
    }

    public void Validated(double loss)
    {
    }

    public void Stopped(string? sentence)
    {
    }

    public void Finished(string path, double? validationLoss, IEnumerable<string> remarks)
    {
    }

    public void Remark(string sentence)
    {
    }

    public void Sample(int number, string document) => Console.Out.WriteLine(StandardOutput.Safe(document));
}
