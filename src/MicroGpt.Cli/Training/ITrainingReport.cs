namespace MicroGpt.Cli;

/// <summary>Shows a training run to a person.</summary>
interface ITrainingReport
{
    /// <summary>Something worth knowing about the data or the run.</summary>
    void Notice(string sentence);

    void Step(TrainingStep step);

    void Validated(double loss);

    /// <summary>The run ends before its last step.</summary>
    void Stopped(string? sentence);

    /// <summary>The run is finished and saved.</summary>
    /// <param name="path">Where.</param>
    /// <param name="validationLoss">On all held-out documents, if there are any.</param>
    /// <param name="remarks">Sentences about the model.</param>
    void Finished(string path, double? validationLoss, IEnumerable<string> remarks);

    void Sample(int number, string document);

    /// <summary>A sentence about the finished model.</summary>
    void Remark(string sentence);
}
